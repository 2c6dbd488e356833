import difflib
import re

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import NO_ACCESS

# A path to a field, and what may stand before it inside {{ }}: texts in quotes count for nothing.
TOKEN = re.compile(
    r"""(?P<text>"[^"]*"|'[^']*')|(?P<bar>\|\|\|)|(?<![\w.@])object(?P<path>(?:\.\w+)+)"""
    r"""|(?<![\w.@])(?P<company>company)(?![\w.])"""
)


class AttacheRule(models.Model):
    """Refuses a folder name that asks for fields which are not there. Whether it is well written
    only the sidecar judges."""

    _inherit = "attache.rule"  # pylint: disable=consider-merging-classes-inherited

    @api.constrains("model_id", "name_expression")
    def _check_expression(self):
        for rule in self:
            if fault := self._expression_fault(rule.model, rule.name_expression):
                raise ValidationError(fault[1])

    @api.model
    def _expression_fault(self, model, text):
        """The first field that the model has not: (character from 1, sentence), or None."""
        for start, path in _paths_in(text or ""):
            Model, place = self.env.get(model), start
            for name in path.split("."):
                fault = self._step_fault(Model, name)
                if fault:
                    return place, self.env._(
                        "The folder name is wrong at character %(place)s: %(fault)s",
                        place=place,
                        fault=fault,
                    )
                field = Model._fields[name]
                Model = self.env.get(field.comodel_name) if field.relational else None
                place += len(name) + 1
        return None

    def _step_fault(self, Model, name):
        """What is wrong with one name of a path."""
        if Model is None:
            return self.env._("%s comes after a field that leads to no record.", name)
        field = Model._fields.get(name)
        if field is not None and field.groups != NO_ACCESS:
            return None
        near = difflib.get_close_matches(name, _known(Model), 1)
        if near:
            return self.env._(
                "%(model)s has no field %(name)s. Is it %(near)s?",
                model=Model._description,
                name=name,
                near=near[0],
            )
        return self.env._("%(model)s has no field %(name)s.", model=Model._description, name=name)


def _known(Model):
    return [name for name, field in Model._fields.items() if field.groups != NO_ACCESS]


def _paths_in(text):
    """Each path of an expression with the character, from 1, where its first name begins."""
    end = 0
    while (start := text.find("{{", end)) >= 0:
        close = text.find("}}", start)
        end = close + 2 if close >= 0 else len(text)
        if text[start + 2 : start + 3] == "!":
            continue
        for token in TOKEN.finditer(text, start + 2, end):
            if token["bar"]:
                break
            if token["path"]:
                yield token.start("path") + 2, token["path"][1:]
            if token["company"]:
                yield token.start("company") + 1, "company_id"
