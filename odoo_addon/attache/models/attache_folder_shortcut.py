from odoo import models
from odoo.exceptions import UserError


class AttacheFolder(models.Model):
    """Shortcuts: a record has its folder in one rule, and the other rules that match it show the
    way there."""

    _inherit = "attache.folder"  # pylint: disable=consider-merging-classes-inherited

    def action_open_home(self):
        """Opens the folder that a shortcut leads to."""
        self.ensure_one()
        home = self._homes({(self.record_model, self.record_id)}).get(
            (self.record_model, self.record_id)
        )
        if not home:
            raise UserError(self.env._("The record has no folder any more."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": home,
            "views": [(False, "form")],
        }
