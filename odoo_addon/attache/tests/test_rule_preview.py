from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_rule import RuleCase


def node(name, kind="record", **vals):
    return {
        "name": name, "stored": None, "kind": kind, "rule": None, "model": None, "res_id": None,
        "state": "same", "was": None, "below": 0, "more": 0, "children": [], **vals,
    }  # fmt: skip


def of(record, **vals):
    return node(record.name, model=record._name, res_id=record.id, **vals)


class PreviewCase(RuleCase):
    """An administrator of Attaché who has few other rights, and the sidecar."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.user("keeper", "attache.group_admin")
        cls.sidecar = cls.env["attache.service"].sudo()._service_user()
        cls.rules = cls.env["attache.rule"].with_user(cls.admin)

    def service(self):
        return self.env["attache.service"].with_user(self.sidecar)

    def ask(self, rule, **vals):
        """The preview's id."""
        return rule.with_user(self.admin).preview(vals)["preview"]

    def answer(self, rule, result, **vals):
        """What the administrator is shown of a result."""
        preview = self.ask(rule, **vals)
        self.service().put_preview(id=preview, result=result)
        return self.env["attache.preview"].with_user(self.admin).answer(preview)

    def vals(self, **vals):
        partner = self.env["ir.model"]._get_id("res.partner")
        return {"model_id": partner, "connection_id": self.connection.id, **vals}


@tagged("post_install", "-at_install")
class TestRulePreview(PreviewCase):
    """A draft goes to the sidecar as if it were saved, and nothing of it stays."""

    def told(self):
        self.env.flush_all()
        self.env.cr.execute("SELECT DISTINCT model, res_id FROM attache_feed")
        return set(self.env.cr.fetchall())

    def test_b105_a_new_rule_is_told_with_the_id_0_and_not_saved(self):
        before, told = self.env["attache.rule"].search([]), self.told()
        lines = [Command.create({"path": "Scans"})]
        preview = self.ask(self.rules, **self.vals(title="Draft", default_ids=lines))
        self.assertEqual(self.env["attache.rule"].search([]), before)
        self.assertEqual(self.told() - told, {("attache.preview", preview)})
        asked = self.service().read_preview(id=preview)
        [draft] = [rule for rule in asked["rules"] if rule["id"] == asked["rule"] == 0]
        self.assertEqual((draft["title"], draft["subfolders"]), ("Draft", ["Scans"]))
        self.assertEqual({rule["id"] for rule in asked["rules"]}, {0, *before.ids})

    def test_b105_a_saved_rule_is_told_as_the_form_has_it(self):
        rule, other = self.rule(title="Saved"), self.rule("res.country", title="Other")
        off = self.rule("res.country", active=False)
        asked = self.service().read_preview(id=self.ask(rule, title="Edited"))
        titles = {told["id"]: told["title"] for told in asked["rules"]}
        self.assertEqual((asked["rule"], titles[rule.id]), (rule.id, "Edited"))
        self.assertEqual(titles[other.id], "Other")
        self.assertNotIn(off.id, titles)
        self.assertEqual(rule.title, "Saved")

    def test_b8_what_saving_would_refuse_is_answered_and_nothing_is_asked(self):
        before = self.env["attache.preview"].sudo().search_count([])
        for vals, message in (
            ({"domain": "[('nothing', '=', 1)]"}, "not there"),
            ({"parent_id": self.rule("res.country").id}, "choose the field"),
            ({"below": True}, "nests by"),
            ({"sequence": None, "leave": False}, "required"),
            ({"model_id": False}, "Choose a model"),
        ):
            with mute_logger("odoo.sql_db"):
                answer = self.rules.preview(self.vals(**vals))
            self.assertIn(message, answer["error"])
        fault = self.rules.preview(self.vals(name_expression="{{ object.nmae }}"))
        self.assertEqual((fault["field"], fault["position"]), ("name_expression", 11))
        self.assertEqual(self.env["attache.preview"].sudo().search_count([]), before)

    def test_the_sidecar_may_read_what_an_open_preview_is_about(self):
        self.env["attache.rule"].search([]).active = False
        draft = {
            "model_id": self.env["ir.model"]._get_id("res.country.state"),
            "name_expression": "{{ object.country_id.currency_id.name }}",
        }
        with self.assertRaises(AccessError):
            self.service().search_read(model="res.currency", domain=[], fields=["name"])
        preview = self.ask(self.rules, **self.vals(**draft))
        for model in ("res.country.state", "res.country", "res.currency"):
            self.service().search_read(model=model, domain=[], fields=["name"], limit=1)
        self.env.cr.execute(
            "UPDATE attache_preview SET create_date = create_date - interval '2 hours'"
        )
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self.service().search_read(model="res.currency", domain=[], fields=["name"])
        self.env["attache.preview"]._gc_previews()
        self.assertFalse(self.env["attache.preview"].sudo().browse(preview).exists())
        self.assertFalse(self.service().read_preview(id=preview))
        self.assertFalse(self.service().put_preview(id=preview, result={"tree": []}))

    def test_b105_only_its_maker_reads_an_answer_and_only_by_asking(self):
        preview = self.ask(self.rules, **self.vals())
        mine = self.env["attache.preview"].with_user(self.admin)
        self.assertFalse(mine.answer(preview))
        self.service().put_preview(id=preview, result={"error": None, "tree": []})
        self.assertEqual(mine.answer(preview)["tree"], [])
        with self.assertRaisesRegex(UserError, "is over"):
            mine.with_user(self.user("second", "attache.group_admin")).answer(preview)
        with self.assertRaises(AccessError):
            mine.browse(preview).read(["result"])
        with self.assertRaises(AccessError):
            self.rules.with_user(self.clerk).preview(self.vals())


@tagged("post_install", "-at_install")
class TestRulePreviewRights(PreviewCase):
    """Names of records are shown to those who may read them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.open, cls.closed = cls.env["res.partner"].create([{"name": "Open"}, {"name": "Closed"}])
        cls.env["ir.rule"].create(
            {
                "name": "some contacts only",
                "model_id": cls.env["ir.model"]._get_id("res.partner"),
                "domain_force": f"[('id', '!=', {cls.closed.id})]",
            }
        )

    def result(self, *tree, **vals):
        return {"error": None, "counts": {}, "tree": list(tree), **vals}

    def test_b85_a_record_that_may_not_be_read_has_no_name_anywhere(self):
        rule = self.rule(title="Contacts")
        shown = self.answer(
            rule,
            self.result(
                node(
                    "Contacts", "rule", rule=rule.id, children=[
                        of(self.open, state="renamed", was="Ajar", stored="O"),
                        of(
                            self.closed, state="renamed", was="Shut", stored="C", children=[
                                node("Scans", "subfolder"), of(self.open),
                            ],
                        ),
                    ],
                ),
                changes=[
                    {
                        "what": "moved", "name": "Closed", "model": "res.partner",
                        "res_id": self.closed.id, "from": "Contacts/Shut",
                        "to": "Contacts/Open/Closed",
                    },
                    {
                        "what": "moved", "name": "Open", "model": "res.partner",
                        "res_id": self.open.id, "from": "Contacts/Shut/Open",
                        "to": "Contacts/Closed/Open",
                    },
                ],
                collisions=[
                    {
                        "folder": "Contacts/Closed", "name": "Closed", "stored": "Closed (2)",
                        "model": "res.partner", "res_id": self.closed.id,
                    }
                ],
                warnings=[
                    {"message": "Closed is no date", "records": 1, "example": "Closed"},
                    {"message": "about the rule", "records": 0, "example": None},
                ],
            ),
        )  # fmt: skip
        for name in ("Closed", "Shut", '"C"'):
            self.assertNotIn(name, str(shown).replace("'", '"'))
        [top] = shown["tree"]
        first, second = top["children"]
        self.assertEqual((first["name"], first["was"], first["stored"]), ("Open", "Ajar", "O"))
        self.assertEqual((second["name"], second["res_id"]), ("(no access)", None))
        self.assertEqual([child["name"] for child in second["children"]], ["Scans", "Open"])
        gone, came = shown["changes"]
        self.assertEqual(gone["to"], "Contacts/Open/(no access)")
        self.assertEqual(came["from"], "Contacts/(no access)/Open")
        self.assertEqual(came["to"], "Contacts/(no access)/Open")
        self.assertEqual(shown["warnings"][1]["message"], "about the rule")

    def test_b85_a_split_folder_is_called_by_records_that_may_be_read(self):
        rule = self.rule(title="Contacts", split_field_id=self.field("res.partner", "city"))

        def between(name, *children):
            return node(name, "rule", rule=rule.id, children=list(children))

        bern, rome = between("Bern", of(self.open)), between("Rome", of(self.closed))
        [top] = self.answer(rule, self.result(between("Contacts", bern, rome)))["tree"]
        names = [child["name"] for child in top["children"]]
        self.assertEqual(names, ["Bern", "(no access)"])

        def change(name):
            path = {"from": None, "to": f"Contacts/{name}"}
            return {"what": "new", "name": name, "model": None, "res_id": None, **path}

        changes = [change("Bern"), change("Rome"), {**change("Oslo"), "from": "Contacts/Oslo"}]
        shown = self.answer(rule, self.result(between("Contacts", bern, rome), changes=changes))
        told = [(one["name"], one["to"]) for one in shown["changes"]]
        self.assertEqual(told[0], ("Bern", "Contacts/Bern"))
        self.assertEqual(told[1:], [("(no access)", "Contacts/(no access)")] * 2)

    def test_b85_names_from_fields_that_may_not_be_read_are_not_shown(self):
        rule = self.rule(title="Contacts")
        result, name = self.result(of(self.open)), "{{ object.ref }}"
        shown = self.answer(rule, result, name_expression=name)
        self.assertEqual(shown["tree"][0]["name"], "Open")
        self.patch(self.env["res.partner"]._fields["ref"], "groups", "base.group_system")
        # How many there are would tell as much.
        for values in ({"name_expression": name}, {"domain": "[('ref', '!=', 'x')]"}):
            shown = self.answer(rule, result, **values)
            self.assertEqual((shown["tree"], shown["counts"]), ([], {}))
            self.assertIn("You may not read", shown["warnings"][0]["message"])

    def test_b85_names_that_walk_through_closed_records_are_not_shown(self):
        self.open.parent_id = self.closed
        rule = self.rule(title="Contacts")
        shown = self.answer(
            rule, self.result(of(self.open)), name_expression="{{ object.parent_id.email }}"
        )
        self.assertEqual(shown["tree"][0]["name"], "(no access)")

    def test_b85_seeing_all_records_is_not_enough_where_a_name_walks_through_others(self):
        shut = self.user("shut")
        shut.partner_id = self.closed
        rule, name = self.rule("res.users", title="Users"), "{{ object.partner_id.name }}"
        for user, shown in ((self.clerk, "clerk"), (shut, "(no access)")):
            answer = self.answer(rule, self.result(of(user)), name_expression=name)
            self.assertEqual(answer["tree"][0]["name"], shown)

    def test_who_may_read_everything_is_shown_everything(self):
        self.env["ir.rule"].search([("name", "=", "some contacts only")]).unlink()
        rule = self.rule(title="Contacts")
        change = {
            "what": "moved", "name": "Closed", "model": "res.partner", "res_id": self.closed.id,
            "from": "Anything/Closed", "to": "Contacts/Closed",
        }  # fmt: skip
        result = self.result(
            node("Contacts", "rule", rule=rule.id, children=[of(self.closed)]),
            changes=[change],
            collisions=[],
            warnings=[{"message": "m", "records": 3, "example": "Closed"}],
        )
        self.assertEqual(self.answer(rule, result), result)
