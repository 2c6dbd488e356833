from odoo import fields, models

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
    """The preset of workspaces says what it needs."""

    _inherit = "attache.preset"  # pylint: disable=consider-merging-classes-inherited

    def _missing(self):
        if DOCUMENT in self._models():
            return self.env["attache.rule"]._workspaces_missing()
        return super()._missing()
