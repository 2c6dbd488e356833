from odoo import api, models
from odoo.exceptions import AccessError


class IrAttachment(models.Model):
    """Files in folders that only some people change. What comes by a message or a scheduled job
    still does: only what people do by hand is refused."""

    _inherit = "ir.attachment"  # pylint: disable=consider-merging-classes-inherited

    @api.model_create_multi
    def create(self, vals_list):
        files = super().create(vals_list)
        if not self.env.su and (kept := files._attache_kept()):
            raise kept._attache_not_an_editor()
        return files

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if operation == "read":
            return result
        remaining = self - result[0] if result else self
        kept = remaining._attache_kept()
        if not kept:
            return result
        return (kept | result[0] if result else kept), kept._attache_not_an_editor

    def _has_attachments_ownership(self, attachment_tokens):
        """A token that a message once gave its author changes nothing there."""
        if self.env.uid and self.exists()._attache_kept():
            return False
        return super()._has_attachments_ownership(attachment_tokens)

    def _attache_kept(self):
        """Those of these files whose folder the user may not change."""
        folders = self.sudo().attache_folder_id.sudo(False)
        kept = folders - folders._editable()
        return self.filtered(lambda file: file.sudo().attache_folder_id.sudo(False) in kept)

    def _attache_not_an_editor(self):
        return AccessError(
            self.env._("This file lies in a folder that only some people change: ask one of them.")
        )
