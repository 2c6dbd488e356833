import json

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, sql

PARAMETER = "attache.watch"
TRIGGER = "attache_watch"


class AttacheWatch(models.AbstractModel):
    """Triggers on the tables that rules read, so that a renamed project renames its folder."""

    _name = "attache.watch"
    _description = "Watched fields"

    @api.model
    def _watch(self, wanted):
        """Watches exactly these {model: [dotted paths]}; answers what could be watched."""
        watched, columns = {}, {}
        for model, paths in wanted.items():
            for path in paths:
                found = {}
                if self._expand(model, path, found, set()):
                    watched.setdefault(model, []).append(path)
                    for place, names in found.items():
                        columns.setdefault(place, set()).update(names)
        self._install(columns)
        self.env["ir.config_parameter"].sudo().set_param(PARAMETER, json.dumps(watched))
        return watched

    def _restore(self):
        """Again what is said to be watched: an upgrade may have changed tables."""
        stored = self.env["ir.config_parameter"].sudo().get_param(PARAMETER)
        if stored:
            self._watch(json.loads(stored))

    def _remove_all(self):
        self._install({})

    def _expand(self, model, path, found, seen):
        """Adds the columns that decide about a path: {(table, model, id column): {columns}}.

        Fields that are not stored are followed to those that they are computed from. False when
        the path leads nowhere.
        """
        if (model, path) in seen:
            return True
        seen.add((model, path))
        name, _, rest = path.partition(".")
        Model = self.env.get(model)
        field = Model._fields.get(name) if Model is not None else None
        if field is None or (rest and not field.relational):
            return False
        if field.store and field.type == "many2many":
            found.setdefault((field.relation, model, field.column1), set())
        elif field.store and field.column_type:
            found.setdefault((Model._table, model, "id"), set()).add(name)
        elif field.type == "one2many" and field.inverse_name:
            self._expand(field.comodel_name, field.inverse_name, found, seen)
        else:
            for dependency in self.pool.field_depends[field]:
                self._expand(model, dependency, found, seen)
        return self._expand(field.comodel_name, rest, found, seen) if rest else True

    def _install(self, columns):
        """Makes the installed triggers those, touching only tables that differ."""
        feed = self.env["attache.feed"]
        wanted = {}
        for (table, model, key), names in columns.items():
            if sql.table_kind(self.env.cr, table) == sql.TableKind.Regular:  # not a view
                name = TRIGGER if key == "id" else f"{TRIGGER}_{key}"
                wanted[table, name] = (model, key, *sorted(names))
        present = feed._triggers(f"{TRIGGER}%")
        if present == wanted:
            return
        # A lock on the table is needed for a moment; never queue behind a long transaction,
        # since every writer would queue behind this one.
        self.env.cr.execute("SET LOCAL lock_timeout = '3s'")
        for table, name in present.keys() - wanted.keys():
            self.env.cr.execute(
                SQL("DROP TRIGGER %s ON %s", SQL.identifier(name), SQL.identifier(table))
            )
        for (table, name), arguments in wanted.items():
            if len(name) > 63:
                raise UserError(self.env._("The field of %s cannot be watched.", table))
            feed._trigger(table, name, arguments)
        self.env.cr.execute("SET LOCAL lock_timeout = DEFAULT")
