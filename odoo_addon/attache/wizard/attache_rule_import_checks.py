import re

from odoo import models

from ..toml_rules import EMPTY, writable

TECHNICAL = re.compile(r"[A-Za-z0-9._]+")
# What Odoo's whole numbers hold; a period counts at least one unit.
RANGES = {("sequence",): (-(2**31), 2**31 - 1), ("period", "count"): (1, 2**31 - 1)}
WORDS = {
    ("leave",): "leave",
    ("period", "direction"): "period_direction",
    ("period", "unit"): "period_unit",
    ("split", "unit"): "split_unit",
}


class AttacheRuleImport(models.TransientModel):
    """What is wrong with a file whatever this Odoo holds. The sidecar refuses the same with the
    same words: tests/rules has a file for each of them."""

    _inherit = "attache.rule.import"  # pylint: disable=consider-merging-classes-inherited

    def _tidied(self, entry):
        """The entry with names without spaces around them, and without empty texts."""
        kept = {
            key: value
            for key, value in entry.items()
            if key not in EMPTY or not isinstance(value, str) or value.strip()
        }
        names = {key: kept[key].strip() for key in ("name", "parent") if key in kept}
        return {**kept, **names}

    def _sense_faults(self, text, entries):
        """The faults of entries whose shape is good."""
        numbers = {}
        for number, entry in enumerate(entries):
            numbers.setdefault(entry["name"], number)
        return [
            self._at(text, number, path, sentence)
            for number, entry in enumerate(entries)
            for check in (
                self._handle_faults(number, entry, numbers),
                self._word_faults(entry),
                self._number_faults(entry),
                self._domain_faults(entry),
                self._split_faults(entry.get("split")),
                self._default_faults(entry.get("default") or ()),
                self._parent_faults(number, entries, numbers),
                self._connection_faults(number, entries, numbers),
            )
            for path, sentence in check
        ]

    def _handle_faults(self, number, entry, numbers):
        if not entry["name"]:
            yield ("name",), self.env._('A rule needs a name: write name = "customers".')
        elif numbers[entry["name"]] != number:
            sentence = self.env._(
                'There are two rules named "%s": give one another name.', entry["name"]
            )
            yield ("name",), sentence
        if not TECHNICAL.fullmatch(entry["model"]):
            sentence = self.env._(
                '"%s" is no model: write its technical name, such as "res.partner".',
                entry["model"],
            )
            yield ("model",), sentence
        for path in (("period", "field"), ("split", "field")):
            field = _said(entry, path)
            if field is not None and not field.strip():
                yield path, self._missing("field")

    def _missing(self, key):
        return self.env._("The key %(key)s is missing: write %(key)s = …", key=key)

    def _word_faults(self, entry):
        fields = self.env["attache.rule"]._fields
        for path, name in WORDS.items():
            word = _said(entry, path)
            known = [value for value, _label in fields[name].selection]
            if word is not None and word not in known:
                sentence = self.env._(
                    '"%(word)s" is not known here: write one of %(known)s.',
                    word=word,
                    known=", ".join(known),
                )
                yield path, sentence
        if entry.get("below") and "nest_field" not in entry:
            sentence = self.env._('below needs a nest_field: write nest_field = "parent_id".')
            yield ("below",), sentence

    def _number_faults(self, entry):
        for path, (least, most) in RANGES.items():
            value = _said(entry, path)
            if value is not None and not least <= value <= most:
                sentence = self.env._(
                    "%(key)s must be a whole number from %(least)s to %(most)s.",
                    key=path[-1],
                    least=least,
                    most=most,
                )
                yield path, sentence

    def _domain_faults(self, entry):
        domain = entry.get("domain")
        if isinstance(domain, list) and writable(domain) is None:
            sentence = self.env._(
                "A domain holds text, numbers, true, false and arrays only: write dates as text, "
                'such as "2026-01-31".'
            )
            yield ("domain",), sentence

    def _split_faults(self, split):
        folders, seen = (split or {}).get("folder") or (), set()
        if folders and "unit" in split:
            sentence = self.env._(
                "A split has a unit, for dates, or folders, for choices: take one of them out."
            )
            yield ("split", "unit"), sentence
        for number, folder in enumerate(folders):
            path = ("split", "folder", number)
            if not folder["name"].strip() or not folder["values"]:
                yield path, self.env._("A split folder needs a name and values.")
            for value in folder["values"]:
                if not value or value != value.strip() or "," in value:
                    sentence = self.env._(
                        '"%s" is no value: write each one by itself, as in ["draft", "sent"].',
                        value,
                    )
                    yield (*path, "values"), sentence
                elif value in seen:
                    sentence = self.env._(
                        'The value "%s" has two split folders: take it out of one.', value
                    )
                    yield (*path, "values"), sentence
                seen.add(value)

    def _default_faults(self, defaults):
        seen = set()
        for number, default in enumerate(defaults):
            place, path = ("default", number, "path"), default["path"]
            if any(
                part != part.strip() or part in ("", ".", "..") or not part.isprintable()
                for part in path.split("/")
            ):
                sentence = self.env._(
                    '"%s" is no path: write one such as "Scans/Official".', path
                )
                yield place, sentence
            elif path.casefold() in seen:
                yield place, self.env._('The path "%s" stands twice: take one out.', path)
            seen.add(path.casefold())

    def _parent_faults(self, number, entries, numbers):
        entry = entries[number]
        parent, field = entry.get("parent"), entry.get("parent_field")
        if field and not parent:
            sentence = self.env._(
                'parent_field needs a parent: write parent = "the name of a rule".'
            )
            yield ("parent_field",), sentence
        if not parent:
            return
        if not field:
            sentence = self.env._(
                'parent needs a parent_field: write parent_field = "partner_id", the many2one '
                "from this model to the parent's."
            )
            yield ("parent",), sentence
        if parent not in numbers:
            yield ("parent",), self.env._('No rule is named "%s": correct the parent.', parent)
        elif _topmost(number, entries, numbers) is None:
            yield ("parent",), self.env._("The rule is below itself: take a parent out.")

    def _connection_faults(self, number, entries, numbers):
        own, top = entries[number].get("connection"), _topmost(number, entries, numbers)
        if top is None:
            return
        named = entries[top].get("connection")
        if top == number and not named:
            sentence = self.env._('The connection is missing: write connection = "its name".')
            yield (), sentence
        elif own and named and own != named:
            sentence = self.env._(
                "A rule stands in its parent's connection \"%s\": take this one out.", named
            )
            yield ("connection",), sentence


def _said(entry, path):
    """What stands at a path of tables; None where nothing does."""
    for key in path:
        entry = entry.get(key)
        if entry is None:
            return None
    return entry


def _topmost(number, entries, numbers):
    """The number of the topmost rule above one; None where they run in a circle."""
    passed = set()
    while (above := numbers.get(entries[number].get("parent"))) is not None:
        if number in passed:
            return None
        passed.add(number)
        number = above
    return number
