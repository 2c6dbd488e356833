from odoo import api, fields, models
from odoo.exceptions import UserError

TABLES = ("period", "split")  # parts of a rule that name a field


class AttachePreset(models.Model):
    """A usual tree of rules that an administrator switches on once its models are installed."""

    _name = "attache.preset"
    _description = "Rule preset"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    rules = fields.Json(
        required=True,
        help="Rules from the top down, each below the one before, as a file of rules says them: "
        "model, title, domain, parent_field, folder_name, nest_field, split, leave, default.",
    )
    missing = fields.Char("What is missing", compute="_compute_missing")
    connection_id = fields.Many2one("attache.connection")

    @api.depends("rules")
    def _compute_missing(self):
        for preset in self:
            preset.missing = preset._missing()

    def _models(self):
        return [rule["model"] for rule in self.rules or []]

    def _missing(self):
        """What has to be there before it can be used, in a sentence; False when all is."""
        self.ensure_one()
        names = [name for name in self._models() if name not in self.env]
        if not names:
            return False
        return self.env._("Install the apps of %s first.", ", ".join(names))

    def action_use(self):
        """Makes the preset's rules, or takes those that are there, and shows them."""
        self.ensure_one()
        if self.missing:
            raise UserError(self.missing)
        connection = self.connection_id or self.env["attache.connection"].search([], limit=1)
        if not connection:
            raise UserError(self.env._(
                    "Connect a store first, by `attache connect` beside the sidecar: rules need "
                    "a connection."
                ))
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
        """A preset says a rule as a file does, but for its name, its parent and its connection."""
        names = [rule.get("nest_field"), *((rule.get(key) or {}).get("field") for key in TABLES)]
        # Presets of older databases call the folder name otherwise.
        entry = {"folder_name": rule.get("name_expression"), **rule}
        entry.pop("parent_field", None)
        if parent:
            entry["parent_field"] = rule["parent_field"]
            names.append(rule["parent_field"])
        field = self.env["ir.model.fields"]._get
        found = {
            "model": self.env["ir.model"]._get(rule["model"]),
            "parent": parent,
            "connection": connection,
            "company": self.env["res.company"],
            "fields": {name: field(rule["model"], name).id for name in names if name},
        }
        return self.env["attache.rule"]._entry_vals(entry, found)
