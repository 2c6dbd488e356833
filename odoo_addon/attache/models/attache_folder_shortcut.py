from odoo import models
from odoo.exceptions import UserError


class AttacheFolder(models.Model):
    """Shortcuts: a record has its folder in one rule, and the other rules that match it show the
    way there."""

    _inherit = "attache.folder"  # pylint: disable=consider-merging-classes-inherited

    def _home(self):
        """The folder that a shortcut leads to."""
        self.ensure_one()
        record = (self.sudo().record_model, self.sudo().record_id)
        home = self._homes({record}).get(record)
        if not home:
            raise UserError(self.env._("The record has no folder any more."))
        return self.browse(home)

    def action_open_home(self):
        """Opens it."""
        home = self._home().id
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": home,
            "views": [(False, "form")],
        }
