from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command

SPLIT_TYPES = ("many2one", "selection", "boolean", "char", "date", "datetime")
DATES = ("date", "datetime")
UNITS = ("year", "quarter", "month", "day")


class AttacheRule(models.Model):
    """What a rule's part of the tree looks like: records in records, split folders, what a new
    folder begins with, and what becomes of one whose record matches no more."""

    _inherit = "attache.rule"  # pylint: disable=consider-merging-classes-inherited

    nest_field_id = fields.Many2one(
        "ir.model.fields",
        "Nest by",
        ondelete="set null",
        domain="[('model_id', '=', model_id), ('ttype', '=', 'many2one'),"
        " ('relation', '=', model), ('store', '=', True)]",
        help="A record's folder stands in the folder of the record that this field points to.",
    )
    below = fields.Boolean(
        "With all below",
        help="Records below a matching one come along, whatever the domain says.",
    )
    split_field_id = fields.Many2one(
        "ir.model.fields",
        "Split by",
        ondelete="set null",
        domain=f"[('model_id', '=', model_id), ('ttype', 'in', {SPLIT_TYPES}),"
        " ('store', '=', True)]",
        help="One split folder for each value of this field, and the records' folders in these.",
    )
    split_type = fields.Selection(related="split_field_id.ttype", string="Type of the split")
    split_unit = fields.Selection(
        [(unit, unit.capitalize()) for unit in UNITS],
        "One split folder for each",
    )
    split_name_ids = fields.One2many("attache.rule.split", "rule_id", "Split folders")
    default_ids = fields.One2many("attache.rule.default", "rule_id", "A new folder begins with")
    leave = fields.Selection(
        [
            ("keep", "Its folder stays where it is"),
            ("archive", "Its folder moves to the folder Archive of this rule"),
            ("stop", "Its folder stays, and is no longer synced"),
        ],
        "When a record no longer matches",
        default="keep",
        required=True,
    )
    problem = fields.Text(readonly=True, copy=False, help="What Attaché last found wrong.")

    @api.onchange("model_id")
    def _onchange_model_of_shape(self):
        self.nest_field_id = False
        self.below = False
        self.split_field_id = False

    @api.onchange("nest_field_id")
    def _onchange_nest_field_id(self):
        if not self.nest_field_id:
            self.below = False

    @api.onchange("split_field_id")
    def _onchange_split_field_id(self):
        """One line for each value, to be renamed or joined."""
        self.split_unit = (self.split_unit or "month") if self.split_type in DATES else False
        labels = self._split_labels()
        self.split_name_ids = [
            Command.clear(),
            *(Command.create({"name": name, "values": value}) for value, name in labels.items()),
        ]

    # -- what is refused when saved -------------------------------------------------------

    @api.constrains("model_id", "nest_field_id", "below")
    def _check_nest(self):
        for rule in self:
            field = rule.nest_field_id
            if rule.below and not field:
                raise ValidationError(
                    self.env._(
                        "Choose the field that %s nests by, or do not take all below along.",
                        rule.display_name,
                    )
                )
            if field and (
                field.model_id != rule.model_id
                or field.ttype != "many2one"
                or field.relation != rule.model
                or not field.store
            ):
                raise ValidationError(
                    self.env._(
                        "%(rule)s cannot nest by %(field)s: choose a stored many2one field of "
                        "%(model)s that points to %(model)s itself.",
                        rule=rule.display_name,
                        field=field.field_description,
                        model=rule.model_id.name,
                    )
                )

    @api.constrains("model_id", "split_field_id", "split_unit")
    def _check_split(self):
        for rule in self:
            field = rule.split_field_id
            if field and (
                field.model_id != rule.model_id
                or field.ttype not in SPLIT_TYPES
                or not field.store
            ):
                raise ValidationError(
                    self.env._(
                        "%(rule)s cannot be split by %(field)s: choose a stored field of "
                        "%(model)s that is a relation to one record, a choice, a text or a date.",
                        rule=rule.display_name,
                        field=field.field_description,
                        model=rule.model_id.name,
                    )
                )
            if (field.ttype in DATES) != bool(rule.split_unit):
                raise ValidationError(
                    self.env._(
                        "The split folders of %s need a unit exactly where they are made by a "
                        "date: choose year, quarter, month or day.",
                        rule.display_name,
                    )
                )

    @api.constrains("split_field_id", "split_name_ids")
    def _check_split_names(self):
        for rule in self:
            labels, seen = rule._split_labels(), set()
            for line in rule.split_name_ids:
                line._check_values(labels)
                if double := seen.intersection(line._values()):
                    raise ValidationError(
                        self.env._(
                            "Two split folders of %(rule)s are for the value %(value)s: take it "
                            "out of one of them.",
                            rule=rule.display_name,
                            value=min(double),
                        )
                    )
                seen.update(line._values())

    @api.constrains("default_ids")
    def _check_defaults(self):
        for rule in self:
            paths = [line._folded() for line in rule.default_ids]
            double = next((path for path in paths if paths.count(path) > 1), None)
            if double is not None:
                raise ValidationError(
                    self.env._(
                        "%(rule)s begins with the folder %(path)s twice: take one line away.",
                        rule=rule.display_name,
                        path=double or "/",
                    )
                )

    # -- reading --------------------------------------------------------------------------

    def _split_labels(self):
        """{technical value: label} of the field that it is split by, where its values are few and
        known."""
        Model = self.env.get(self.model or "")
        field = Model._fields.get(self.split_field_id.name) if Model is not None else None
        if field is None:
            return {}
        if field.type == "selection":
            return dict(field._description_selection(self.env))
        if field.type == "boolean":
            label = self.split_field_id.field_description
            return {
                "true": self.env._("%s (yes)", label),
                "false": self.env._("%s (no)", label),
            }
        return {}

    def _paths(self):
        named = (self.nest_field_id.name, self.split_field_id.name)
        return super()._paths().union(filter(None, named))

    def _to_wire(self):
        field = self.split_field_id
        return {
            **super()._to_wire(),
            "nest_field": self.nest_field_id.name or None,
            "below": bool(self.nest_field_id and self.below),
            "split": {
                "field": field.name,
                "kind": field.ttype,
                "relation": field.relation or None,
                "unit": self.split_unit or None,
                "names": self._split_names(),
            }
            if field
            else None,
            "subfolders": self._subfolders(),
            "leave": self.leave,
        }

    def _split_names(self):
        """The folders that values have names for: those of lines, then those that no line names.
        A line's folder is known by the line, so that it may be called otherwise."""
        names = [
            {"key": str(line.id), "name": line.name, "values": line._values()}
            for line in self.split_name_ids
        ]
        named = {value for line in names for value in line["values"]}
        for value, label in self._split_labels().items():
            if value not in named:
                names.append({"key": f"={value}", "name": label, "values": [value]})
        return names

    def _subfolders(self):
        """The paths of the default subfolders, each after the one that it lies in."""
        paths = {}
        for line in self.default_ids:
            parts = line._parts()
            for end in range(1, len(parts) + 1):
                path = "/".join(parts[:end])
                paths.setdefault(path.casefold(), path)
        return list(paths.values())


class AttacheRuleSplit(models.Model):
    """What the split folder of some values is called."""

    _name = "attache.rule.split"
    _description = "Split folder"
    _order = "sequence, id"

    rule_id = fields.Many2one("attache.rule", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    name = fields.Char("Folder", required=True)
    values = fields.Char(
        required=True, help="Technical values, with commas between: several may share a folder."
    )

    def _values(self):
        return [value for part in (self.values or "").split(",") if (value := part.strip())]

    def _check_values(self, known):
        self.ensure_one()
        if not known:
            raise ValidationError(
                self.env._(
                    "The split folder %s has no values: only a choice or a yes/no field gives "
                    "its folders names of their own.",
                    self.name,
                )
            )
        values = self._values()
        unknown = next((value for value in values if value not in known), None)
        if unknown is not None or not values or not self.name.strip():
            raise ValidationError(
                self.env._(
                    "The split folder %(folder)s needs a name and values of %(field)s: "
                    "%(value)s is none. There are %(known)s.",
                    folder=self.name,
                    field=self.rule_id.split_field_id.field_description,
                    value=unknown or self.values,
                    known=", ".join(known),
                )
            )

    @api.constrains("values", "name")
    def _check_rule(self):
        self.rule_id._check_split_names()


class AttacheRuleDefault(models.Model):
    """A subfolder and template files that a record's folder begins with."""

    _name = "attache.rule.default"
    _description = "What a new folder begins with"
    _order = "sequence, id"
    _rec_name = "path"

    rule_id = fields.Many2one("attache.rule", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    path = fields.Char(
        "Subfolder",
        help="As Scans, or Scans/Official. Empty: the record's folder itself.",
    )
    attachment_ids = fields.Many2many(
        "ir.attachment", string="Files", help="Copies of these are put there."
    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._own_files()
        return lines

    def write(self, vals):
        done = super().write(vals)
        if "attachment_ids" in vals:
            self._own_files()
        return done

    def _own_files(self):
        """Template files belong to their line, so that whoever sees the rule sees them. One that
        is a record's is copied: by whoever may read it, or not at all."""
        for line in self:
            mine = {"res_model": line._name, "res_id": line.id}
            for file in line.attachment_ids:
                if (file.res_model, file.res_id) == (line._name, line.id):
                    continue
                if file.res_id or file.public:
                    line.attachment_ids = [
                        Command.unlink(file.id),
                        Command.link(file.copy({**mine, "name": file.name}).id),
                    ]
                else:
                    file.write(mine)

    def _parts(self):
        return self.path.split("/") if self.path else []

    def _folded(self):
        return (self.path or "").casefold()

    @api.constrains("path")
    def _check_path(self):
        for line in self:
            if any(
                part != part.strip() or part in ("", ".", "..") or not part.isprintable()
                for part in line._parts()
            ):
                raise ValidationError(
                    self.env._(
                        "%s is no path of subfolders: write names with / between, as in "
                        "Scans/Official.",
                        line.path,
                    )
                )
        self.rule_id._check_defaults()
