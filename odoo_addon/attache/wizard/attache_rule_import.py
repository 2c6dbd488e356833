import base64
import contextlib

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..toml_rules import line_of, sparse

CHANGES = [
    ("new", "Would be made"),
    ("changed", "Would be changed"),
    ("same", "Is there already"),
    ("wrong", "Wrong"),
]


class Faults(UserError):
    """Everything that is wrong with a file: [(line or None, sentence)]."""

    def __init__(self, faults):
        super().__init__("\n".join(sentence for _line, sentence in faults))
        self.faults = faults


class AttacheRuleImport(models.TransientModel):
    """Takes in rules from a file: all of them or none."""

    _name = "attache.rule.import"
    _description = "Import of rules"

    file = fields.Binary(attachment=False)
    file_name = fields.Char()
    text = fields.Text("Rules", help="What the file says. It may be pasted and corrected here.")
    line_ids = fields.One2many("attache.rule.import.line", "import_id", readonly=True)
    is_good = fields.Boolean(readonly=True, help="Was this text looked through and found good?")

    @api.onchange("file")
    def _onchange_file(self):
        if self.file:
            try:
                self.text = base64.b64decode(self.file).decode("utf-8-sig")
            except (ValueError, UnicodeDecodeError) as error:
                raise UserError(self.env._("This file is no text in UTF-8.")) from error
            self.file = False

    @api.onchange("text")
    def _onchange_text(self):
        self.is_good = False

    def action_check(self):
        """Does everything and takes it back: what is shown is what would be."""
        self.ensure_one()
        self.line_ids.unlink()
        outcome, is_good = [], False
        try:
            with contextlib.closing(self.env.cr.savepoint()):
                outcome = self._import()
                is_good = True
        except AccessError:
            raise
        except Faults as error:
            outcome = [
                {"what": "wrong", "line": line or 0, "detail": sentence}
                for line, sentence in error.faults
            ]
        self.write({"is_good": is_good, "line_ids": [(0, 0, line) for line in outcome]})
        return self._shown()

    def action_import(self):
        self.ensure_one()
        try:
            outcome = self._import()
        except Faults as error:
            raise UserError("\n".join(map(self._sentence, error.faults))) from error
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Imported rules"),
            "res_model": "attache.rule",
            "domain": [("id", "in", [line["rule"] for line in outcome])],
            "context": {"active_test": False},
            "view_mode": "list,form",
            "views": [(False, "list"), (False, "form")],
            "target": "main",
        }

    def _sentence(self, fault):
        line, sentence = fault
        if not line:
            return sentence
        return self.env._("Line %(line)s: %(sentence)s", line=line, sentence=sentence)

    def _shown(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import rules"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
        }

    # -- doing ----------------------------------------------------------------------------

    def _import(self):
        """Makes or changes every rule of the text; raises Faults, and then nothing is done by the
        transaction that ends with them. Answers what became of each, in the file's order."""
        text = self.text or ""
        entries = self._entries(text)
        found, faults = {}, []
        for number, entry in enumerate(entries):
            try:
                found[number] = self._found(text, number, entry)
            except Faults as error:
                faults += error.faults
        if faults:
            raise Faults(faults)
        handles = {name: rule for rule, name in self.env["attache.rule"]._handles().items()}
        self = self.with_context(active_test=False)
        done, taken = {}, self.env["attache.rule"]
        for number in self._parents_first(entries):
            entry, named = entries[number], found[number]
            above = done.get(entry.get("parent"))
            named["parent"] = above["record"] if above else self.env["attache.rule"]
            rule = self._rule_there(entry, named, handles, taken)
            outcome = self._save(text, number, entry, named, rule)
            taken |= outcome["record"]
            done[entry["name"]] = outcome
        return [self._told(text, number, entry, done) for number, entry in enumerate(entries)]

    def _parents_first(self, entries):
        """The numbers of the entries, each after its parent's; none is below itself."""
        numbers = {entry["name"]: number for number, entry in enumerate(entries)}
        ordered = []
        for number in range(len(entries)):
            chain = []
            while number is not None and number not in ordered:
                chain.insert(0, number)
                number = numbers.get(entries[number].get("parent"))
            ordered += chain
        return ordered

    def _rule_there(self, entry, named, handles, taken):
        """The rule that the entry means: of its model, below its parent, and of its name in a file
        of our own rules, else of its title and place."""
        same = [("model_id", "=", named["model"].id), ("parent_id", "=", named["parent"].id)]
        rules = self.env["attache.rule"].search([*same, ("id", "not in", taken.ids)])
        by_name = rules & handles.get(entry["name"], rules.browse())
        if by_name:
            return by_name
        link = named["fields"].get(entry.get("parent_field"), False)
        return rules.filtered(
            lambda rule: (rule.title or None) == entry.get("title")
            and rule.parent_field_id.id == link
            and (not named["connection"] or rule.connection_id == named["connection"])
        )[:1]

    def _save(self, text, number, entry, named, rule):
        """Writes what differs, or makes the rule."""
        rules = self.env["attache.rule"]
        before = rule and rule._to_entry({rule: 0, rule.parent_id: 0})
        try:
            if not rule:
                rule, what = rules.create(rule._entry_vals(entry, named)), "new"
            elif differing := self._differing(before, entry):
                rule.write(rule._entry_vals(entry, named))
                return {"record": rule, "what": "changed", "detail": ", ".join(differing)}
            else:
                what = "same"
            self.env.flush_all()
        except AccessError:
            raise
        except UserError as error:
            raise Faults([self._at(text, number, (), str(error))]) from error
        return {"record": rule, "what": what, "detail": ""}

    def _differing(self, before, entry):
        """The keys whose values the rule does not have yet; names and parents are matched."""
        after = sparse(entry)
        if "parent" in before:
            after.pop("connection", None)
        keys = [key for key in {**before, **after} if key not in ("name", "parent")]
        return [key for key in keys if before.get(key) != after.get(key)]

    def _told(self, text, number, entry, done):
        outcome = done[entry["name"]]
        return {
            "name": entry["name"],
            "rule": outcome["record"].id,
            "what": outcome["what"],
            "detail": outcome["detail"] or entry.get("title") or outcome["record"].display_name,
            "line": line_of(text, number),
        }


class AttacheRuleImportLine(models.TransientModel):
    """What an import would do with one rule, or what is wrong with the file."""

    _name = "attache.rule.import.line"
    _description = "Line of an import of rules"
    _order = "id"

    import_id = fields.Many2one("attache.rule.import", required=True, ondelete="cascade")
    line = fields.Integer()
    name = fields.Char("Rule")
    rule = fields.Integer("Id of the rule")
    what = fields.Selection(CHANGES)
    detail = fields.Char()
