from odoo import api, models


class IrAttachment(models.Model):
    """Screens that show a folder hear of files that come into it, change in it or go, whoever did
    it."""

    _inherit = "ir.attachment"  # pylint: disable=consider-merging-classes-inherited

    @api.model_create_multi
    def create(self, vals_list):
        files = super().create(vals_list)
        files._attache_tell()
        return files

    @api.model
    def _attache_create(self, vals_list):
        files = super()._attache_create(vals_list)
        files._attache_tell()
        return files

    def write(self, vals):
        self._attache_tell()
        result = super().write(vals)
        if vals.keys() & {"res_model", "res_id", "attache_folder_id"}:
            self._attache_tell()
        return result

    def _attache_write(self, vals):
        self._attache_tell()
        result = super()._attache_write(vals)
        if "attache_folder_id" in vals:
            self._attache_tell()
        return result

    def unlink(self):
        self._attache_tell()
        return super().unlink()

    def _attache_tell(self):
        for folder, files in self.sudo().grouped("attache_folder_id").items():
            self.env["attache.news"]._tell(folder.ids, files.ids)
