from odoo import api, models
from odoo.fields import Domain

from odoo.addons.attache.models.attache_rule import _plain

from .documents_document import DOCUMENT

ONLY_FOLDERS = Domain("type", "=", "folder")


class AttacheRule(models.Model):
    """A rule on Documents is a workspace rule: it makes folders for folders, nested as they are,
    each with all below it."""

    _inherit = "attache.rule"

    @api.onchange("model_id")
    def _onchange_model_workspace(self):
        if self.model == DOCUMENT:
            self.update(self._workspace_vals())

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([{**vals, **self._nested(vals)} for vals in vals_list])

    def write(self, vals):
        return super().write({**vals, **self._nested(vals)})

    def _nested(self, vals):
        model = self.env["ir.model"].browse(vals.get("model_id") or ())
        return self._workspace_vals() if model.sudo().model == DOCUMENT else {}

    def _workspace_vals(self):
        field = self.env["ir.model.fields"]._get(DOCUMENT, "folder_id")
        vals = {"nest_field_id": field.id, "below": True}
        return {name: value for name, value in vals.items() if name in self._fields}

    def _to_wire(self):
        wire = super()._to_wire()
        if self.model != DOCUMENT:
            return wire
        if not wire["error"]:
            wire["domain"] = _plain(Domain(wire["domain"]) & ONLY_FOLDERS)
        return {**wire, "nest_field": "folder_id", "below": True}

    def _paths(self):
        more = {"type", "folder_id"} if self.model == DOCUMENT else set()
        return super()._paths() | more

    def _end_workspaces(self):
        """Workspaces are no longer synced: what lies in the store stays there. The files leave
        them, with their bytes."""
        # pylint: disable-next=no-search-all
        self.search([]).filtered(lambda rule: rule.model == DOCUMENT).active = False
        folders = self.env["attache.folder"]._all_workspaces()
        # Told first, so that nobody takes the files for deleted.
        folders.write({"in_scope": False, "stopped": True})
        folders.flush_recordset()
        for file in folders._files():
            if not file._attache_is_folders_own():
                file._attache_leave_workspace(alive=True)
