from odoo import models
from odoo.exceptions import AccessError, UserError

from ..context_mark import OURS


class IrAttachment(models.Model):
    """Files that come by the chatter may name the folder they are for."""

    _inherit = "ir.attachment"  # pylint: disable=consider-merging-classes-inherited

    def _post_add_create(self, **kwargs):
        result = super()._post_add_create(**kwargs)
        folder = kwargs.get("attache_folder_id")
        if folder:
            self._attache_put_into(int(folder))
        return result

    def _attache_put_into(self, folder):
        """Into a folder with the rights of whoever sent them, or nowhere: Odoo made them with all
        rights, and keeps what it made when they are refused."""
        try:
            with self.env.cr.savepoint():
                self.sudo(False).write({"attache_folder_id": folder})
        except UserError as error:
            self.with_context(attache_for_good=OURS).unlink()
            raise AccessError(error.args[0]) from error
