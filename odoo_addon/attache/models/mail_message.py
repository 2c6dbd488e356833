from odoo import api, models
from odoo.exceptions import UserError


class MailMessage(models.Model):
    """Messages carry no file that is for some people only."""

    _inherit = "mail.message"

    @api.model_create_multi
    def create(self, vals_list):
        messages = super().create(vals_list)
        if any(vals.get("attachment_ids") for vals in vals_list):
            messages._attache_refuse_closed()
        return messages

    def write(self, vals):
        result = super().write(vals)
        if vals.get("attachment_ids"):
            self._attache_refuse_closed()
        return result

    def _attache_refuse_closed(self):
        """Odoo checks the files of a message by the record they share, and a message goes to
        everybody who reads or follows that: by a mail with the bytes in it, too."""
        if closed := self.sudo().attachment_ids._attache_closed():
            # Not its name: the reader of this may be kept out as well.
            raise UserError(
                self.env._(
                    "The file number %s lies in a folder for some people only, and a message would "
                    "show it to everybody who reads or follows the record. Attach a copy of it if "
                    "that is meant.",
                    closed[0].id,
                )
            )
