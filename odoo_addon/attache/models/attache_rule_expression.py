import difflib

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import NO_ACCESS

from .. import name_expression


class AttacheRule(models.Model):
    """Refuses a folder name that is not closed, or that asks for functions or fields which are not
    there. Whether it is well written else, only the sidecar judges."""

    _inherit = "attache.rule"  # pylint: disable=consider-merging-classes-inherited

    @api.constrains("model_id", "name_expression")
    def _check_expression(self):
        for rule in self:
            if fault := self._expression_fault(rule.model, rule.name_expression):
                raise ValidationError(fault[1])

    @api.model
    def _expression_fault(self, model, text):
        """The first fault that can be seen: (character from 1, sentence), or None."""
        text = text or ""
        faults = (self._written_fault(text), self._field_fault(model, text))
        place, fault = min(filter(None, faults), default=(None, None))
        return fault and (
            place,
            self.env._(
                "The folder name is wrong at character %(place)s: %(fault)s",
                place=place,
                fault=fault,
            ),
        )

    def _written_fault(self, text):
        """What is not closed, or no function."""
        if (place := name_expression.unclosed(text)) is not None:
            return place, self.env._("this {{ is not closed. Write }} behind the value.")
        for place, word, is_block in name_expression.unknown_functions(text):
            if is_block:
                return place, self.env._("#%s cannot be used here; #if and #unless can.", word)
            near = difflib.get_close_matches(word, name_expression.FUNCTIONS, 1)
            if near:
                return place, self.env._(
                    "%(word)s is not a function. Is it %(near)s?", word=word, near=near[0]
                )
            return place, self.env._(
                "%(word)s is not a function; the functions are %(known)s.",
                word=word,
                known=", ".join(name_expression.FUNCTIONS),
            )
        return None

    def _field_fault(self, model, text):
        """The first field that the model has not."""
        for start, path in name_expression.paths(text):
            Model, place = self.env.get(model), start
            for name in path.split("."):
                if fault := self._step_fault(Model, name):
                    return place, fault
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
