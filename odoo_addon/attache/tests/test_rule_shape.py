import re

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import file_open

from .. import name_expression
from .test_rule import RuleCase


@tagged("post_install", "-at_install")
class TestRuleShape(RuleCase):
    """Folders in folders, split folders, and what a new folder begins with."""

    def split(self, *lines):
        return [Command.create({"name": name, "values": values}) for name, values in lines]

    def begin(self, *paths):
        return [Command.create({"path": path}) for path in paths]

    def test_b104_below_and_nesting_need_a_field_to_the_model_itself(self):
        for vals in (
            {"nest_field_id": self.field("res.partner", "country_id")},
            {"nest_field_id": self.field("res.company", "parent_id")},
            {"below": True},
        ):
            with self.assertRaisesRegex(ValidationError, "nest"), self.cr.savepoint():
                self.rule(**vals)
        rule = self.rule(nest_field_id=self.field("res.partner", "parent_id"), below=True)
        told = rule._to_wire()
        self.assertEqual((told["nest_field"], told["below"]), ("parent_id", True))
        self.assertIn("parent_id", rule._paths())

    def test_b103_a_split_needs_a_stored_field_of_the_model_and_dates_a_unit(self):
        for field, unit, message in (
            ("category_id", False, "cannot be split"),
            ("contact_address", False, "cannot be split"),
            ("create_date", False, "need a unit"),
            ("country_id", "month", "need a unit"),
        ):
            with self.assertRaisesRegex(ValidationError, message), self.cr.savepoint():
                self.rule(split_field_id=self.field("res.partner", field), split_unit=unit)
        rule = self.rule(
            split_field_id=self.field("res.partner", "create_date"), split_unit="quarter"
        )
        split = {"field": "create_date", "kind": "datetime", "relation": None}
        self.assertEqual(
            rule._to_wire()["split"],
            {**split, "unit": "quarter", "names": []},
        )

    def test_b103_values_of_a_split_may_share_a_folder_and_the_rest_go_by_their_labels(self):
        field = self.field("res.partner", "type")
        for lines, message in (
            ([("Work", "contact,nothing")], "nothing is none"),
            ([("Work", "contact"), ("More", "other,contact")], "value contact"),
            ([("Work", ",")], "needs a name and values"),
        ):
            with self.assertRaisesRegex(ValidationError, message), self.cr.savepoint():
                self.rule(split_field_id=field, split_name_ids=self.split(*lines))
        with self.assertRaisesRegex(ValidationError, "has no values"):
            self.rule(
                split_field_id=self.field("res.partner", "lang"),
                split_name_ids=self.split(("German", "de_DE")),
                model_id=self.env["ir.model"]._get_id("res.country"),
            )

    def test_the_sidecar_is_told_the_names_of_all_values(self):
        rule = self.rule(
            split_field_id=self.field("res.partner", "type"),
            split_name_ids=self.split(("Post", "invoice, delivery")),
        )
        names = rule._to_wire()["split"]["names"]
        line = {
            "key": str(rule.split_name_ids.id),
            "name": "Post",
            "values": ["invoice", "delivery"],
        }
        self.assertEqual(names[0], line)
        self.assertIn({"key": "=contact", "name": "Contact", "values": ["contact"]}, names)
        self.assertNotIn("=invoice", [name["key"] for name in names])
        rule = self.rule(split_field_id=self.field("res.partner", "is_company"))
        self.assertEqual(
            [name["key"] for name in rule._to_wire()["split"]["names"]], ["=true", "=false"]
        )

    def test_the_form_offers_a_line_for_each_value(self):
        form = Form(self.env["attache.rule"])
        form.model_id = self.env["ir.model"]._get("res.partner")
        form.connection_id = self.connection
        form.split_field_id = self.env["ir.model.fields"]._get("res.partner", "is_company")
        rule = form.save()
        self.assertEqual(rule.split_name_ids.mapped("values"), ["true", "false"])
        with Form(rule) as form:
            form.split_field_id = self.env["ir.model.fields"]._get("res.partner", "create_date")
        self.assertEqual((rule.split_unit, len(rule.split_name_ids)), ("month", 0))

    def test_b25_default_paths_are_clean_and_told_from_the_top_down(self):
        for path in ("/Scans", "Scans/", "a//b", "../x", "./x", "a/ b", "Scans\n"):
            with self.assertRaisesRegex(ValidationError, "no path"), self.cr.savepoint():
                self.rule(default_ids=self.begin(path))
        with self.assertRaisesRegex(ValidationError, "twice"), self.cr.savepoint():
            self.rule(default_ids=self.begin("Scans/Official", "scans/official"))
        with self.assertRaisesRegex(ValidationError, "twice"), self.cr.savepoint():
            self.rule(default_ids=self.begin(False, False))
        rule = self.rule(default_ids=self.begin(False, "Scans/Official", "Photos", "scans"))
        self.assertEqual(rule._to_wire()["subfolders"], ["Scans", "Scans/Official", "Photos"])

    def test_b27_template_files_belong_to_their_line(self):
        partner = self.env["res.partner"].create({"name": "Owner"})
        taken = self.attach(partner, "contract.txt")
        loose = self.env["ir.attachment"].create({"name": "form.txt", "raw": b"form"})
        rule = self.rule(
            default_ids=[
                Command.create({"path": "Scans", "attachment_ids": [(6, 0, (taken + loose).ids)]})
            ]
        )
        line = rule.default_ids
        self.assertEqual(set(line.attachment_ids.mapped("name")), {"form.txt", "contract.txt"})
        self.assertNotIn(taken, line.attachment_ids)
        self.assertEqual(taken.res_id, partner.id)
        for file in line.attachment_ids:
            self.assertEqual((file.res_model, file.res_id), (line._name, line.id))

    def test_changes_of_a_rules_lines_are_told_as_the_rule(self):
        rule = self.rule(split_field_id=self.field("res.partner", "is_company"))
        told = "SELECT count(*) FROM attache_feed WHERE model = 'attache.rule' AND res_id = %s"

        def lines():
            self.env.flush_all()
            self.env.cr.execute(told, rule.ids)
            return self.env.cr.fetchone()[0]

        before = lines()
        rule.split_name_ids = self.split(("Companies", "true"))
        self.assertGreater(lines(), before)
        before = lines()
        rule.default_ids = self.begin("Scans")
        rule.default_ids.unlink()
        self.assertEqual(lines(), before + 2)
        rule.leave = "archive"
        self.assertEqual(lines(), before + 3)

    def test_b21_unknown_fields_of_a_name_are_refused_with_their_place(self):
        for text, place, message in (
            ("{{ object.nmae }}", 11, "Is it name?"),
            ("x {{ upper object.country_id.cod }}", 30, "Is it code?"),
            ("{{object.name}} {{object.zzzzzz}}", 26, "has no field zzzzzz."),
            ("{{ upper company }}", 10, "has no field company_id."),
            ("{{ object.name.first }}", 16, "leads to no record"),
        ):
            pattern = f"character {place}: .*{message}"
            model = "res.country" if "company" in text else "res.partner"
            with self.assertRaisesRegex(ValidationError, pattern), self.cr.savepoint():
                self.rule(model, name_expression=text)
        self.assertIn("company_id", self.rule(name_expression="{{ company }}")._paths())
        for text in (
            "object.nmae",
            '{{ default object.name "object.nmae" }}',
            "{{ object.name ||| object.nmae }}",
            "{{! object.nmae }} {{object.country_id.code}}",
        ):
            self.rule(name_expression=text)

    def test_b21_what_is_not_closed_or_no_function_is_refused_with_its_place(self):
        for text, place, message in (
            ("x {{ object.name", 3, "this {{ is not closed"),
            ("{{ object.ref {{ object.name }}", 1, "this {{ is not closed"),
            ("{{ object.ref }} {{ object.name }", 18, "this {{ is not closed"),
            ("{{!-- object.ref }", 1, "this {{ is not closed"),
            ("{{ uper object.name }}", 4, "uper is not a function. Is it upper?"),
            ("{{object.ref}}{{~ xyz object.name }}", 19, "the functions are date, upper"),
            ("{{ upper (uper object.name) }}", 11, "Is it upper?"),
            ("{{#if (oops object.ref 1)}}x{{/if}}", 8, "oops is not a function"),
            ("{{#each object.name}}x{{/each}}", 4, "#each cannot be used here"),
            ("{{ uper object.name ||| unnamed }}", 4, "Is it upper?"),
            ("{{ uper object.name", 1, "this {{ is not closed"),
            ("{{ object.nmae }} {{ uper object.name }}", 11, "Is it name?"),
        ):
            pattern = f"character {place}: .*{re.escape(message)}"
            with self.assertRaisesRegex(ValidationError, pattern), self.cr.savepoint():
                self.rule(name_expression=text)

    def test_b21_what_only_the_sidecar_can_judge_is_saved(self):
        for text in (
            "object.name }} and { more }",
            "\\{{ object.name",
            '{{ default object.name "{{ uper x" }}',
            '{{ default object.name "}} {{ uper x" }}',
            '{{ default object.name "a \\" (uper x" }}',
            "{{ object.ref ||| {{ uper (uper x }}",
            "{{ object.ref ||| it's }} {{ object.name }}",
            "{{!-- a }} {{ uper x }} --}}{{ object.name }}",
            "{{{ upper object.name }}}",
            "{{#if (and object.ref (not object.active))}}a{{else if object.name}}b{{else}}c{{/if}}",
            "{{#unless object.ref}}{{~ pad object.id 5 ~}}{{/unless}}",
            "{{ oops }}",
            "{{ pad object.name }}",
        ):
            self.assertEqual(self.rule(name_expression=text).name_expression, text)

    def test_the_form_offers_the_functions_that_are_known(self):
        with file_open("attache/static/src/expression/functions.js") as file:
            told = re.findall(r"""^ {4}(\w+): ["'](.*)["'],$""", file.read(), re.MULTILINE)
        self.assertEqual(tuple(name for name, _usage in told), name_expression.FUNCTIONS)
