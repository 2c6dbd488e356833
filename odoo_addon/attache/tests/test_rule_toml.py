import uuid

import tomllib

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .. import toml_rules
from .test_rule import RuleCase

FILE = """\
[[rule]]
name = "people"
title = "People"
model = "res.partner"
domain = [["parent_id", "=", false], "|", ["name", "ilike", "é\\"\\\\"], ["id", "in", [1, 2]]]
connection = "Cloud"
sequence = 3
nest_field = "parent_id"
below = true
folder_name = "{{ object.ref }} {{ object.name }}"
leave = "archive"

[rule.split]
field = "type"

[[rule.split.folder]]
name = "Post"
values = ["invoice", "delivery"]

[[rule.split.folder]]
name = "Work"
values = ["contact"]

[[rule.default]]
path = "Scans/Official"

[[rule.default]]
path = "Photos"

[[rule]]
name = "res-users"
model = "res.users"
domain = "[('create_date', '>', context_today())]"
active = false
parent = "people"
parent_field = "partner_id"

[rule.period]
field = "create_date"
direction = "this"
count = 2
unit = "quarter"

[rule.split]
field = "create_date"
unit = "year"
"""


@tagged("post_install", "-at_install")
class TestRuleToml(RuleCase):
    """Rules as a file: out, and in again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["attache.rule"].with_context(active_test=False).search([]).unlink()

    def bring(self, text):
        return self.env["attache.rule.import"].create({"text": text})

    def checked(self, text):
        """[(what, name or line, detail)] of a dry run."""
        wizard = self.bring(text)
        wizard.action_check()
        return [
            (line.what, line.line if line.what == "wrong" else line.name, line.detail)
            for line in wizard.line_ids
        ]

    def rules(self):
        return self.env["attache.rule"].with_context(active_test=False).search([])

    def test_b106_a_file_goes_in_and_comes_out_as_it_was(self):
        self.assertEqual(
            [line[:2] for line in self.checked(FILE)], [("new", "people"), ("new", "res-users")]
        )
        self.assertFalse(self.rules())
        self.bring(FILE).action_import()
        self.assertEqual(self.rules()._to_toml(), FILE)
        self.assertEqual({line[0] for line in self.checked(FILE)}, {"same"})
        wire = {rule.title: rule._to_wire() for rule in self.rules()}["People"]
        self.assertEqual(wire["subfolders"], ["Scans", "Scans/Official", "Photos"])
        self.rules()[::-1].unlink()
        self.bring(FILE).action_import()
        self.assertEqual(self.env["attache.rule"]._to_toml(), FILE)

    def test_b106_a_rule_that_is_there_is_changed_and_not_doubled(self):
        self.bring(FILE).action_import()
        people = self.rules().filtered(lambda rule: rule.title == "People")
        lines = people.split_name_ids
        people.default_ids[0].attachment_ids = [
            Command.create({"name": "form.txt", "raw": b"form"})
        ]
        text = FILE.replace('"People"', '"Folk"').replace('"Post"', '"Letters"')
        self.assertEqual(
            self.checked(text)[0], ("changed", "people", "title, split")
        )
        self.assertEqual(people.title, "People")
        self.bring(text).action_import()
        self.assertEqual((people.title, len(self.rules())), ("Folk", 2))
        self.assertEqual(people.split_name_ids, lines)
        self.assertEqual(people.split_name_ids.mapped("name"), ["Letters", "Work"])
        self.assertEqual(people.default_ids.attachment_ids.mapped("name"), ["form.txt"])
        self.bring(text.replace('"people"', '"other"')).action_import()
        self.assertEqual(len(self.rules()), 2)

    def test_b106_everything_wrong_is_told_with_its_line_and_nothing_is_done(self):
        text = """\
[[rule]]
name = "one"
model = "res.partner"
conection = "Cloud"
sequence = "first"

[rule.split]
field = "type"
units = "year"

[[rule.split.folder]]
name = "Post"
values = ["invoice"]

[[rule.split.folder]]
values = "contact"

[[rule]]
name = "two"
"""
        told = self.checked(text)
        self.assertEqual({line[0] for line in told}, {"wrong"})
        self.assertEqual(sorted(line[1] for line in told), [4, 5, 9, 15, 16, 18])
        self.assertIn("no key conection here", told[0][2])
        for text, line, sentence in (
            ("[[rule]\n", 0, "no TOML"),
            ("", 0, "holds no rule"),
            ("[server]\nport = 1\n", 0, "no key server"),
            ('[[rule]]\nname = "a"\nmodel = "no.model"\nconnection = "Cloud"\n', 3, "no model"),
            ('[[rule]]\nname = "a"\nmodel = "res.partner"\nconnection = "Far"\n', 4, "Far here"),
            (FILE.replace('"create_date"\ndir', '"made"\ndir'), 39, "has no field made"),
            (FILE.replace('"archive"', '"burn"'), 11, "write one of keep, archive, stop"),
            (FILE.replace('parent = "people"', 'parent = "nobody"'), 35, 'rule is named "nobody"'),
            (FILE.replace('"res-users"', '"people"'), 31, "two rules named"),
            (FILE.replace('parent_field = "partner_id"\n', ""), 35, "parent needs a parent_field"),
            (FILE.replace('"invoice", "delivery"', '"invoice", "x"'), 1, "x is none"),
            (FILE.replace('"contact"', '"invoice"'), 22, "has two split folders"),
            (FILE.replace('"Photos"', '"scans/Official"'), 28, "stands twice"),
            (FILE.replace("count = 2", "count = 0"), 41, "from 1 to"),
            (FILE.replace("object.ref", "object.rfe"), 10, "Is it ref?"),
        ):
            told = self.checked(text)
            self.assertEqual((told[0][0], told[0][1]), ("wrong", line), told)
            self.assertIn(sentence, told[0][2])
            with self.assertRaises(UserError), self.cr.savepoint():
                self.bring(text).action_import()
            self.assertFalse(self.rules())

    def test_parents_may_stand_behind_and_circles_are_refused(self):
        first, second = FILE.split('[[rule]]\nname = "res-users"')
        turned = f'[[rule]]\nname = "res-users"{second}\n{first}'
        self.bring(turned).action_import()
        self.assertEqual(self.rules()._to_toml(), FILE)
        circle = FILE.replace("connection =", 'parent = "res-users"\nconnection =')
        told = self.checked(circle)
        self.assertEqual([line[1] for line in told], [6, 6, 36])
        self.assertIn("below itself", told[1][2])

    def test_names_in_a_file_are_told_apart_and_parents_come_along(self):
        top = self.rule(title="Kunden & Käufer")
        self.rule(title="Kunden Käufer", sequence=11)
        child = self.rule(
            "res.users",
            parent_id=top.id,
            parent_field_id=self.field("res.users", "partner_id"),
            sequence=1,
        )
        names = [rule["name"] for rule in tomllib.loads(self.rules()._to_toml())["rule"]]
        self.assertEqual(names, ["kunden-kaufer", "res-users", "kunden-kaufer-2"])
        chosen = tomllib.loads(child._to_toml())["rule"]
        self.assertEqual([rule["name"] for rule in chosen], ["kunden-kaufer", "res-users"])

    def test_any_text_is_written_as_it_is_read(self):
        texts = ["", "a\"b\\c", "\n\t\r\x00\x1f\x7f", "ü 中 🙂", "'", "#[=", "\u2028\ufeff"]
        for text in texts:
            told = toml_rules.write([{"name": text, "domain": [text, [True, 1, 2.5, []]]}])
            rule = {"name": text, "domain": [text, [True, 1, 2.5, []]]}
            self.assertEqual(tomllib.loads(told), {"rule": [rule]})

    def test_defaults_of_a_file_are_those_of_the_fields(self):
        names = {
            "connection": "connection_id",
            "company": "company_id",
            "parent": "parent_id",
            "parent_field": "parent_field_id",
            "nest_field": "nest_field_id",
            "folder_name": "name_expression",
            "default": "default_ids",
            "split": "split_field_id",
        }
        rule = self.env["attache.rule"].new({})

        def default(name):
            value = rule[name]
            return [] if name == "domain" and value == "[]" else value

        defaults = dict(toml_rules.DEFAULTS)
        tables = {"period": defaults.pop("period"), "split": defaults.pop("split")}
        self.assertFalse(rule.period_field_id or rule.split_field_id)
        for key, value in defaults.items():
            told = default(names.get(key, key))
            self.assertEqual(told or False, value or False, key)
        for key, value in tables["period"].items():
            self.assertEqual(rule[f"period_{key}"], value, key)
        self.assertEqual(tables["split"], {"unit": "", "folder": []})
        self.assertFalse(rule.split_unit or rule.split_name_ids)
        self.assertEqual(
            {*toml_rules.DEFAULTS, "name", "model"}, set(toml_rules.SHAPE), "each has its default"
        )

    def test_a_new_rule_is_told_in_the_fewest_words(self):
        rule = self.rule()
        told = {"name": "one", "model": "res.partner", "connection": "Cloud"}
        self.assertEqual(rule._to_entry({rule: "one"}), told)
        vals = self.env["attache.rule"]._entry_vals(
            told,
            {
                "model": rule.model_id,
                "parent": rule.parent_id,
                "connection": self.connection,
                "company": rule.company_id,
                "fields": {},
            },
        )
        again = rule.create(vals)
        for name in vals:
            self.assertEqual(again[name], rule[name], name)

    def test_only_administrators_of_attache_export_and_import(self):
        self.rule()
        with self.assertRaises(AccessError):
            self.env["attache.rule"].with_user(self.clerk)._to_toml()
        with self.assertRaises(AccessError):
            self.env["attache.rule.import"].with_user(self.clerk).create({"text": FILE})
        keeper = self.user("keeper", "attache.group_admin")
        self.env["attache.rule.import"].with_user(keeper).create({"text": FILE}).action_import()
        self.assertIn("people", self.env["attache.rule"].with_user(keeper)._to_toml())

    def test_several_connections_of_one_name_are_told(self):
        self.env["attache.connection"].create({"name": "Cloud", "uuid": str(uuid.uuid4())})
        self.assertIn("several of the name Cloud", self.checked(FILE)[0][2])
