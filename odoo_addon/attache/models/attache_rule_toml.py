from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Command

from .. import toml_rules
from ..toml_rules import DEFAULTS


class AttacheRule(models.Model):
    """Rules as entries of a TOML file, and what makes a rule of such an entry."""

    _inherit = "attache.rule"  # pylint: disable=consider-merging-classes-inherited

    def action_export(self):
        """Downloads the chosen rules with those above them, all where none is chosen."""
        ids = ",".join(map(str, self.ids))
        return {
            "type": "ir.actions.act_url",
            "url": f"/attache/rules.toml?ids={ids}" if ids else "/attache/rules.toml",
            "target": "download",
        }

    @api.model
    def _every(self):
        """All rules, archived ones too, each after the one that it lies below."""
        ordered = self.browse()
        rules = self.with_context(active_test=False).search([])  # pylint: disable=no-search-all
        for rule in rules:
            above = rule
            chain = self.browse()
            while above and above not in ordered and above not in chain:
                chain = above | chain
                above = above.parent_id
            ordered |= chain
        return ordered

    @api.model
    def _handles(self):
        """{rule: its name in a file}, by all rules, so that it is the same in every export."""
        handles, taken = {}, set()
        for rule in self._every():
            base = toml_rules.handle(rule.title or "") or toml_rules.handle(rule.model or "")
            name, number = base, 1
            while name in taken:
                number += 1
                name = f"{base}-{number}"
            taken.add(name)
            handles[rule] = name
        return handles

    def _to_toml(self):
        if not self.env.user.has_group("attache.group_admin"):
            raise AccessError(self.env._("Only members of Attaché / Administration may do this."))
        wanted, handles = self, self._handles()
        for rule in self:
            while rule.parent_id:
                rule = rule.parent_id
                wanted |= rule
        return toml_rules.write(
            [rule._to_entry(handles) for rule in handles if not self or rule in wanted]
        )

    # -- a rule as an entry ---------------------------------------------------------------

    def _to_entry(self, handles):
        """What differs from the default, as the file says it."""
        self.ensure_one()
        parent = self.parent_id
        entry = {
            "name": handles[self],
            "title": self.title or "",
            "model": self.model,
            "domain": self.domain or "",
            "connection": "" if parent else self.connection_id.name or "",
            "company": self.company_id.sudo().name or "",
            "sequence": self.sequence,
            "active": self.active,
            "nest_field": self.nest_field_id.name or "",
            "below": self.below,
            "folder_name": self.name_expression or "",
            "leave": self.leave,
            "default": [{"path": line.path} for line in self.default_ids if line.path],
        }
        if parent:
            entry["parent"] = handles[parent]
            entry["parent_field"] = self.parent_field_id.name or ""
        if self.period_field_id:
            entry["period"] = self._file_period()
        if self.split_field_id:
            entry["split"] = self._file_split()
        return toml_rules.sparse(entry)

    def _file_period(self):
        return {
            "field": self.period_field_id.name,
            "direction": self.period_direction,
            "count": self.period_count,
            "unit": self.period_unit,
        }

    def _file_split(self):
        return {
            "field": self.split_field_id.name,
            "unit": self.split_unit or "",
            "folder": [
                {"name": line.name, "values": line._values()} for line in self.split_name_ids
            ],
        }

    # -- an entry as a rule ---------------------------------------------------------------

    def _entry_vals(self, entry, found):
        """The values that make this rule, or a new one, what the entry says. `found` has the
        records that the entry names: model, parent, connection, company, and fields by name."""
        entry = {**DEFAULTS, "period": {}, "split": {}, **entry}
        period = {**DEFAULTS["period"], **(entry["period"] or {})}
        split = {**DEFAULTS["split"], **(entry["split"] or {})}
        domain = entry["domain"] or "[]"
        vals = {
            "title": entry["title"] or False,
            "model_id": found["model"].id,
            "domain": domain if isinstance(domain, str) else repr(_terms(domain)),
            "company_id": found["company"].id,
            "sequence": entry["sequence"],
            "active": entry["active"],
            "parent_id": found["parent"].id,
            "below": entry["below"],
            "name_expression": entry["folder_name"] or False,
            "leave": entry["leave"],
            "split_unit": split["unit"] or False,
            "split_name_ids": self._split_commands(split["folder"]),
            "default_ids": self._default_commands(entry["default"]),
        }
        for name in ("parent_field", "nest_field"):
            vals[f"{name}_id"] = found["fields"].get(entry[name], False)
        for name, table in (("period", period), ("split", split)):
            vals[f"{name}_field_id"] = found["fields"].get(table.get("field"), False)
        for name in DEFAULTS["period"]:
            vals[f"period_{name}"] = period[name]
        if found["connection"]:
            vals["connection_id"] = found["connection"].id
        return vals

    def _split_commands(self, folders):
        """A line that stays is the same folder as before: by its values, else by its name."""
        left = list(self.split_name_ids)
        commands = []
        for place, folder in enumerate(folders):
            vals = {**folder, "values": ",".join(folder["values"]), "sequence": place}
            same = [line for line in left if set(line._values()) == set(folder["values"])]
            same = same or [line for line in left if line.name == folder["name"]]
            if same:
                left.remove(same[0])
                commands.append(Command.update(same[0].id, vals))
            else:
                commands.append(Command.create(vals))
        return commands + [Command.delete(line.id) for line in left]

    def _default_commands(self, defaults):
        """Lines that stay keep their files, which the file does not name."""
        left = {line.path: line for line in self.default_ids if line.path}
        commands = []
        for place, default in enumerate(defaults):
            line = left.pop(default["path"], None)
            vals = {"path": default["path"], "sequence": place}
            commands.append(Command.update(line.id, vals) if line else Command.create(vals))
        return commands + [Command.delete(line.id) for line in left.values()]


def _terms(domain):
    """The domain as people write it: terms are tuples."""
    if not isinstance(domain, list):
        return domain
    return [
        (part[0], part[1], _terms(part[2])) if _is_term(part) else _terms(part) for part in domain
    ]


def _is_term(part):
    return isinstance(part, list) and len(part) == 3 and isinstance(part[1], str)
