from odoo import fields, models
from odoo.exceptions import UserError

DOCUMENT = "documents.document"


class AttacheRule(models.Model):
    """Says what workspaces need where Odoo's Documents is not there."""

    _inherit = "attache.rule"

    workspace_hint = fields.Char("About workspaces", compute="_compute_workspace_hint")

    def _compute_workspace_hint(self):
        self.workspace_hint = self._workspaces_missing()

    def _workspaces_missing(self):
        """Why there can be no rule for workspaces; False where there can."""
        if DOCUMENT not in self.env:
            return self.env._(
                "Workspaces need Odoo's Documents app. It is part of Odoo Enterprise, and it is "
                "not installed here."
            )
        # Set by that addon, and by nothing else.
        if "attache_born_key" not in self.env["attache.folder"]._fields:
            return self.env._("Workspaces need the addon Attaché for Documents: install it.")
        return False


class AttachePreset(models.Model):
    _inherit = "attache.preset"

    def action_use(self):
        self.ensure_one()
        wanted = [rule["model"] for rule in self.rules or []]
        if DOCUMENT in wanted and (reason := self.env["attache.rule"]._workspaces_missing()):
            raise UserError(reason)
        return super().action_use()
