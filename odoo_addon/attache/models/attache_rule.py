import datetime
import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.safe_eval import datetime as safe_datetime
from odoo.tools.safe_eval import dateutil, safe_eval, time

PERIOD_UNITS = ("day", "week", "month", "quarter", "year")
# Dotted names after `object`, wherever they stand in an expression.
PATH = re.compile(r"\bobject((?:\.[a-z_][a-z0-9_]*)+)", re.IGNORECASE)
COMPANY = re.compile(r"\bcompany\b")  # stands for object.company_id


class AttacheRule(models.Model):
    """Makes a folder for each record of a model; the sidecar reads it and makes them."""

    _name = "attache.rule"
    _description = "Folder rule"
    _order = "sequence, id"

    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    title = fields.Char(help="Name of the rule's own folder. Empty: the model's name.")
    model_id = fields.Many2one(
        "ir.model",
        required=True,
        ondelete="cascade",
        domain=[("transient", "=", False), ("abstract", "=", False)],
    )
    model = fields.Char(related="model_id.model", string="Technical model")
    domain = fields.Char("Records", default="[]")
    company_id = fields.Many2one("res.company")
    period_field_id = fields.Many2one(
        "ir.model.fields",
        "Period of",
        ondelete="set null",
        domain="[('model_id', '=', model_id), ('ttype', 'in', ('date', 'datetime')),"
        " ('store', '=', True)]",
    )
    period_direction = fields.Selection(
        [("last", "in the last"), ("this", "in this"), ("next", "in the next")], default="last"
    )
    period_count = fields.Integer(default=1)
    period_unit = fields.Selection(
        [(unit, unit.capitalize()) for unit in PERIOD_UNITS], default="month"
    )
    parent_id = fields.Many2one("attache.rule", "Parent rule", index=True, ondelete="restrict")
    parent_model_id = fields.Many2one(related="parent_id.model_id", string="Parent's model")
    parent_model = fields.Char(related="parent_id.model", string="Parent's technical model")
    parent_field_id = fields.Many2one(
        "ir.model.fields",
        "Field to the parent",
        ondelete="set null",
        domain="[('model_id', '=', model_id), ('ttype', '=', 'many2one'),"
        " ('relation', '=', parent_model)]",
    )
    name_expression = fields.Char(
        "Folder name", help="As {{ object.name }}. Empty: the record's display name."
    )
    connection_id = fields.Many2one(
        "attache.connection",
        compute="_compute_connection_id",
        store=True,
        readonly=False,
        recursive=True,
        ondelete="restrict",
    )

    @api.depends("title", "model_id.name")
    def _compute_display_name(self):
        for rule in self:
            rule.display_name = rule.title or rule.model_id.name or ""

    @api.depends("parent_id.connection_id")
    def _compute_connection_id(self):
        for rule in self:
            if rule.parent_id:
                rule.connection_id = rule.parent_id.connection_id

    @api.onchange("model_id")
    def _onchange_model_id(self):
        self.domain = "[]"
        self.period_field_id = False
        self.parent_field_id = False

    # -- what is refused when saved -------------------------------------------------------

    @api.constrains("parent_id", "parent_field_id", "model_id", "connection_id")
    def _check_place(self):
        if self._has_cycle():
            raise ValidationError(
                self.env._("Rules cannot lie below each other in a circle: choose another parent.")
            )
        for rule in self:
            if not rule.connection_id:
                raise ValidationError(
                    self.env._("The rule %s needs a connection: choose one.", rule.display_name)
                )
            rule._check_parent()

    def _check_parent(self):
        rule, parent, field = self, self.parent_id, self.parent_field_id
        if not parent:
            return
        if parent.connection_id != rule.connection_id:
            raise ValidationError(
                self.env._(
                    "The rule %(rule)s must use the connection of its parent, %(connection)s.",
                    rule=rule.display_name,
                    connection=parent.connection_id.display_name,
                )
            )
        if not field:
            raise ValidationError(
                self.env._(
                    "The rule %(rule)s lies below %(parent)s: choose the field of %(model)s that "
                    "points to %(parent_model)s, or take the parent rule away.",
                    rule=rule.display_name,
                    parent=parent.display_name,
                    model=rule.model_id.name,
                    parent_model=parent.model_id.name,
                )
            )
        link = self.env[rule.model]._fields.get(field.name)
        if (
            field.model_id != rule.model_id
            or link is None
            or link.type != "many2one"
            or link.comodel_name != parent.model
            or not (link.store or link.inherited)
        ):
            raise ValidationError(
                self.env._(
                    "The field %(field)s cannot place %(rule)s below %(parent)s: choose a stored "
                    "many2one field of %(model)s that points to %(parent_model)s.",
                    field=field.field_description,
                    rule=rule.display_name,
                    parent=parent.display_name,
                    model=rule.model_id.name,
                    parent_model=parent.model_id.name,
                )
            )

    @api.constrains("model_id", "period_field_id", "period_count", "period_unit")
    def _check_period(self):
        for rule in self:
            Model = self.env.get(rule.model)
            if Model is None or Model._abstract or Model._transient:
                raise ValidationError(
                    self.env._(
                        "%s has no stored records: choose another model.", rule.model_id.name
                    )
                )
            field = rule.period_field_id
            if not field:
                continue
            if (
                field.model_id != rule.model_id
                or field.ttype not in ("date", "datetime")
                or not field.store
            ):
                raise ValidationError(
                    self.env._(
                        "The period of %(rule)s needs a stored date of %(model)s.",
                        rule=rule.display_name,
                        model=rule.model_id.name,
                    )
                )
            if rule.period_count < 1 or not rule.period_unit or not rule.period_direction:
                raise ValidationError(
                    self.env._("The period of %s needs at least one unit.", rule.display_name)
                )

    @api.constrains("domain", "model_id")
    def _check_domain(self):
        for rule in self:
            for path in rule._domain_paths():
                rule._check_stored(path)

    def _check_stored(self, path):
        """Refuses a condition that PostgreSQL cannot decide."""
        Model = self.env[self.model]
        for name in path.split("."):
            field = Model._fields.get(name) if Model is not None else None
            if field is None:
                raise ValidationError(
                    self.env._(
                        "The condition on %(path)s of rule %(rule)s names a field that is not "
                        "there: take it out of the domain or correct it.",
                        path=path,
                        rule=self.display_name,
                    )
                )
            if not field.store and not field.inherited and name != "id":
                raise ValidationError(
                    self.env._(
                        "The condition on %(path)s of rule %(rule)s uses the field %(field)s, "
                        "which is computed and not stored: choose a stored one.",
                        path=path,
                        rule=self.display_name,
                        field=field.string,
                    )
                )
            Model = self.env.get(field.comodel_name) if field.relational else None

    # -- reading --------------------------------------------------------------------------

    def _domain(self):
        """The domain as a list, evaluated now."""
        self.ensure_one()
        names = {
            "uid": self.env.uid,
            "context_today": lambda: fields.Date.context_today(self),
            "time": time,
            "datetime": safe_datetime,
            "relativedelta": dateutil.relativedelta.relativedelta,
        }
        try:
            domain = safe_eval(self.domain or "[]", names)
            return list(Domain(domain))
        except Exception as error:
            raise ValidationError(
                self.env._(
                    "The domain of rule %(rule)s cannot be read (%(error)s): correct it.",
                    rule=self.display_name,
                    error=error,
                )
            ) from error

    def _domain_or_error(self):
        """The domain, and why it cannot be read: a rule was right when it was saved, and a module
        that is gone since must not take the other rules along."""
        try:
            return self._domain(), None
        except ValidationError as error:
            return [], str(error)

    def _domain_paths(self, domain=None):
        """The field paths that the domain looks at."""

        def walk(domain, prefix):
            for condition in Domain(domain).iter_conditions():
                path = f"{prefix}{condition.field_expr}"
                if condition.operator in ("any", "not any", "any!", "not any!"):
                    yield path
                    yield from walk(condition.value, f"{path}.")
                else:
                    yield path

        return list(walk(self._domain() if domain is None else domain, ""))

    def _paths(self):
        """Every field path that decides about this rule's folders."""
        self.ensure_one()
        domain, _error = self._domain_or_error()
        paths = {"display_name", *self._domain_paths(domain)}
        paths.update(_expression_paths(self.name_expression or ""))
        paths.update(filter(None, (self.parent_field_id.name, self.period_field_id.name)))
        return paths

    @api.model
    def _readable_models(self):
        """The models that the sidecar may read: those of active rules and on the way of their
        paths."""
        return set().union(*(rule._models() for rule in self.search([])))  # pylint: disable=no-search-all

    def _models(self):
        """The rule's model, and those on the way of its paths."""
        self.ensure_one()
        names = set()
        for path in self._paths():
            Model = self.env.get(self.model)
            for name in path.split("."):
                if Model is None:
                    break
                names.add(Model._name)
                field = Model._fields.get(name)
                Model = self.env.get(field.comodel_name) if field and field.relational else None
            else:
                if Model is not None:
                    names.add(Model._name)
        return names

    def _to_wire(self):
        """The shape Rule of the protocol."""
        self.ensure_one()
        domain, error = self._domain_or_error()
        field = self.period_field_id
        period = field and {
            "field": field.name,
            "kind": field.ttype,
            "direction": self.period_direction,
            "count": self.period_count,
            "unit": self.period_unit,
        }
        return {
            "id": self.id,
            "sequence": self.sequence,
            "active": self.active,
            "title": self.title or None,
            "model": self.model,
            "model_name": self.model_id.name,
            "domain": _plain(domain),
            "error": error,
            "company": self.company_id.id or None,
            "period": period or None,
            "parent": self.parent_id.id or None,
            "parent_field": self.parent_field_id.name or None,
            "name_expression": self.name_expression or None,
            "connection": self.connection_id.uuid,
        }

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_used(self):
        if self.env["attache.folder"].sudo().search_count([("rule_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._("There are folders of this rule: archive it instead of deleting it.")
            )


def _expression_paths(text):
    """The paths that a name expression may look at; rather one too many."""
    paths = {match.strip(".") for match in PATH.findall(text)}
    return paths | {"company_id"} if COMPANY.search(text) else paths


def _plain(value):
    """JSON without Python's own types."""
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, Domain):
        return _plain(list(value))
    if isinstance(value, datetime.datetime):
        return fields.Datetime.to_string(value)
    if isinstance(value, datetime.date):
        return fields.Date.to_string(value)
    return value
