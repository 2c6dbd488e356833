from odoo import api, fields, models
from odoo.exceptions import UserError


class AttachePreset(models.Model):
    """A usual tree of rules that an administrator switches on once its models are installed."""

    _name = "attache.preset"
    _description = "Rule preset"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    rules = fields.Json(
        required=True,
        help="Rules from the top down: model, title, domain, parent_field, name_expression. "
        "Each lies below the one before.",
    )
    models = fields.Char(compute="_compute_available")
    available = fields.Boolean(compute="_compute_available", help="Are all its models installed?")
    connection_id = fields.Many2one("attache.connection")

    @api.depends("rules")
    def _compute_available(self):
        for preset in self:
            names = [rule["model"] for rule in preset.rules or []]
            preset.models = ", ".join(names)
            preset.available = bool(names) and all(name in self.env for name in names)

    def action_use(self):
        """Makes the preset's rules, or takes those that are there, and shows them."""
        self.ensure_one()
        if not self.available:
            raise UserError(
                self.env._("Install the apps of %s first, or choose another preset.", self.models)
            )
        connection = self.connection_id or self.env["attache.connection"].search([], limit=1)
        if not connection:
            raise UserError(self.env._("Connect a cloud first: rules need a connection."))
        used = parent = self.env["attache.rule"]
        for rule in self.rules:
            vals = self._rule_vals(rule, parent, connection)
            parent = self._rule_there(vals) or parent.create(vals)
            used |= parent
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "attache.rule",
            "domain": [("id", "in", used.ids)],
            "view_mode": "list,form",
        }

    def _rule_there(self, vals):
        """The rule of the same model and title at the same place, so that presets share the tree
        they begin with and using one twice changes nothing."""
        same = ("model_id", "title", "parent_id", "parent_field_id", "connection_id")
        return self.env["attache.rule"].search(
            [(name, "=", vals[name] or False) for name in same], limit=1
        )

    def _rule_vals(self, rule, parent, connection):
        link = rule["parent_field"] if parent else None
        return {
            "model_id": self.env["ir.model"]._get_id(rule["model"]),
            "title": rule.get("title"),
            "domain": rule.get("domain") or "[]",
            "name_expression": rule.get("name_expression"),
            "parent_id": parent.id,
            "parent_field_id": link and self.env["ir.model.fields"]._get(rule["model"], link).id,
            "connection_id": connection.id,
        }
