from odoo import models


class Base(models.AbstractModel):
    """The folder of a deleted record goes with it."""

    _inherit = "base"

    def unlink(self):
        name, ids = self._name, self.ids
        result = super().unlink()
        if ids and not self._abstract:
            self.env["attache.folder"]._forget_records(name, ids)
        return result
