from odoo import models
from odoo.exceptions import UserError


class IrModuleModule(models.Model):
    """Refuses to uninstall this addon while bytes would be lost by it, or shown to more people."""

    _inherit = "ir.module.module"

    def button_uninstall(self):
        if "attache" in self.mapped("name"):
            self._attache_check_uninstall()
        return super().button_uninstall()

    def _attache_check_uninstall(self):
        self.env["attache.folder"].sudo()._refuse_end_of_restrictions()
        count = self.env["ir.attachment"].sudo()._attache_count_released()
        if not count:
            return
        reason = self.env["attache.sidecar"]._unreachable()
        if reason:
            raise UserError(
                self.env._(
                    "The bytes of %(count)s files are in the cloud only, and they cannot be "
                    "brought home now: %(reason)s Attaché stays installed until they can.",
                    count=count,
                    reason=reason,
                )
            )
