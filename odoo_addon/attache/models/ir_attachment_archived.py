from odoo import api, models


class IrAttachment(models.Model):
    """Files in folders of archived records. What comes by a message or a scheduled job still
    does: only what people do by hand is refused."""

    _inherit = "ir.attachment"  # pylint: disable=consider-merging-classes-inherited

    @api.model_create_multi
    def create(self, vals_list):
        files = super().create(vals_list)
        if not self.env.su:
            folders = files.sudo().attache_folder_id._archived()
            if folders:
                raise folders._read_only()
        return files

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if operation == "read":
            return result
        remaining = self - result[0] if result else self
        folders = remaining.sudo().attache_folder_id._archived()
        if not folders:
            return result
        archived = remaining.filtered(lambda file: file.sudo().attache_folder_id in folders)
        return (archived | result[0] if result else archived), folders._read_only
