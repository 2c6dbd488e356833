from odoo import models

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG


class Base(models.AbstractModel):
    """The folder of a deleted record goes with it."""

    _inherit = "base"

    def unlink(self):
        name, ids = self._name, self.ids
        result = super().unlink()
        # Not while an addon goes: the table of folders may be gone already.
        if ids and not self._abstract and not self.env.context.get(MODULE_UNINSTALL_FLAG):
            self.env["attache.folder"]._forget_records(name, ids)
        return result
