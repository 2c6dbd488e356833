from odoo import api, models


class AttacheFolder(models.Model):
    """Screens that show a folder hear of folders that come into it, change in it or go."""

    _inherit = "attache.folder"  # pylint: disable=consider-merging-classes-inherited

    @api.model_create_multi
    def create(self, vals_list):
        folders = super().create(vals_list)
        folders._tell()
        return folders

    def write(self, vals):
        self._tell()
        result = super().write(vals)
        if "parent_id" in vals:
            self._tell()
        return result

    def unlink(self):
        self._tell()
        return super().unlink()

    def _tell(self):
        folders = self.sudo()
        self.env["attache.news"]._tell({*folders.ids, *folders.parent_id.ids})
