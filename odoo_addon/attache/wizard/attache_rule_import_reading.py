try:
    import tomllib
except ImportError:  # Python 3.10
    tomllib = None

from odoo import models
from odoo.exceptions import UserError

from ..toml_rules import SHAPE, keys, line_of
from .attache_rule_import import Faults

KINDS = {str: "a text", int: "a whole number", bool: "true or false", list: "a list"}
NEEDED = {"rule": ("name", "model"), "period": ("field",), "split": ("field",)}


class AttacheRuleImport(models.TransientModel):
    """Reading the file: everything that is wrong with it is told at once, with its line."""

    _inherit = "attache.rule.import"  # pylint: disable=consider-merging-classes-inherited

    def _entries(self, text):
        """The entries of the file, in its order; raises Faults."""
        if tomllib is None:
            raise UserError(self.env._("Importing needs Python 3.11 or newer under Odoo."))
        try:
            read = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise Faults([(None, self.env._("This is no TOML: %s", error))]) from error
        faults = [
            (None, self.env._("There is no key %s here: a file holds tables [[rule]].", key))
            for key in read
            if key != "rule"
        ]
        entries = read.get("rule", [])
        if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
            entries = []
            sentence = self.env._("This has an invalid type: rules are tables [[rule]].")
            faults.append((None, sentence))
        if not entries and not faults:
            faults.append((None, self.env._("The file holds no rule.")))
        for number, entry in enumerate(entries):
            for path, sentence in self._shape_faults(entry, SHAPE, ()):
                faults.append(self._at(text, number, path, sentence))
        if not faults:
            entries = [self._tidied(entry) for entry in entries]
            faults = self._sense_faults(text, entries)
        if faults:
            raise Faults(faults)
        return entries

    def _at(self, text, number, path, sentence):
        return line_of(text, number, *path), sentence

    def _shape_faults(self, values, shape, path):
        """(path, sentence) of every key that is unknown, missing or of a wrong kind."""
        table = next((step for step in reversed(path) if isinstance(step, str)), "rule")
        needed = NEEDED.get(table, tuple(shape))
        for key in needed:
            if key not in values:
                yield (*path, key), self._missing(key)
        for key, value in values.items():
            place, wanted = (*path, key), shape.get(key)
            if wanted is None:
                yield place, self._unknown(key, shape)
            elif isinstance(wanted, dict):
                if isinstance(value, dict):
                    yield from self._shape_faults(value, wanted, place)
                else:
                    yield place, self._kind(key, self.env._("a table"))
            elif isinstance(wanted, list):
                if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
                    yield place, self._kind(key, self.env._("tables in double brackets"))
                    continue
                for number, one in enumerate(value):
                    yield from self._shape_faults(one, wanted[0], (*place, number))
            elif fault := self._kind_fault(key, value, wanted):
                yield place, fault

    def _unknown(self, key, shape):
        if key in keys():
            return self.env._("The key %s does not belong here; move it to its table.", key)
        return self.env._(
            "There is no key %(key)s here; write one of %(known)s.",
            key=key,
            known=", ".join(shape),
        )

    def _kind_fault(self, key, value, wanted):
        kinds = wanted if isinstance(wanted, tuple) else (wanted,)
        if type(value) in kinds:
            if key == "values" and not all(isinstance(one, str) for one in value):
                return self._kind(key, self.env._("a list of texts"))
            return None
        return self._kind(key, " or ".join(KINDS[kind] for kind in kinds))

    def _kind(self, key, kind):
        return self.env._("%(key)s has an invalid type: it must be %(kind)s.", key=key, kind=kind)

    # -- what the entries name ------------------------------------------------------------

    def _found(self, text, number, entry):
        """The records that an entry names; raises Faults of those that are not there."""
        faults = []

        def fault(path, sentence):
            faults.append(self._at(text, number, path, sentence))

        model = self.env["ir.model"].search([("model", "=", entry["model"])], limit=1)
        if not model or entry["model"] not in self.env:
            fault(("model",), self.env._("There is no model %s here.", entry["model"]))
        found = {"model": model, "fields": {}}
        for key, named in (("connection", "attache.connection"), ("company", "res.company")):
            found[key] = self.env[named]
            if name := entry.get(key):
                rows = self.env[named].search([("name", "=", name)])
                found[key] = rows[:1]
                if len(rows) != 1:
                    sentence = (
                        self.env._("There are several of the name %s.", name)
                        if rows
                        else self.env._("There is no %(what)s %(name)s here.", what=key, name=name)
                    )
                    fault((key,), sentence)
        for path, name in self._fields_of(entry):
            field = self.env["ir.model.fields"]._get(entry["model"], name) if model else None
            if field:
                found["fields"][name] = field.id
            elif model:
                named = {"model": model.name, "name": name}
                fault(path, self.env._("%(model)s has no field %(name)s.", **named))
        if not faults:
            rules, name = self.env["attache.rule"], entry.get("folder_name")
            if wrong := rules._expression_fault(entry["model"], name):
                fault(("folder_name",), wrong[1])
        if faults:
            raise Faults(faults)
        return found

    def _fields_of(self, entry):
        for key in ("parent_field", "nest_field"):
            if entry.get(key):
                yield (key,), entry[key]
        for key in ("period", "split"):
            if entry.get(key):
                yield (key, "field"), entry[key]["field"]
