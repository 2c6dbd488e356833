import uuid

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import AttacheCase


class RuleCase(AttacheCase):
    """Makes rules, of contacts where nothing else is said."""

    def rule(self, model="res.partner", **vals):
        return self.env["attache.rule"].create(
            {
                "model_id": self.env["ir.model"]._get_id(model),
                "connection_id": self.connection.id,
                **vals,
            }
        )

    def field(self, model, name):
        return self.env["ir.model.fields"]._get(model, name).id


@tagged("post_install", "-at_install")
class TestRule(RuleCase):
    """What a rule refuses when it is saved, and what it tells the sidecar."""

    def test_b2_a_rule_is_called_by_its_title_or_its_model(self):
        self.assertEqual(self.rule(title="Customers").display_name, "Customers")
        self.assertEqual(self.rule().display_name, "Contact")

    def test_b8_a_parent_needs_a_field_that_points_to_it(self):
        parent = self.rule("res.country")
        with self.assertRaisesRegex(ValidationError, "choose the field of Contact that points to"):
            self.rule(parent_id=parent.id)
        wrong = self.field("res.partner", "parent_id")
        with self.assertRaisesRegex(ValidationError, "choose a stored many2one field of Contact"):
            self.rule(parent_id=parent.id, parent_field_id=wrong)
        right = self.field("res.partner", "country_id")
        child = self.rule(parent_id=parent.id, parent_field_id=right)
        told = child._to_wire()
        self.assertEqual((told["parent"], told["parent_field"]), (parent.id, "country_id"))

    def test_rules_do_not_lie_in_a_circle(self):
        field = self.field("res.partner", "parent_id")
        first = self.rule()
        second = self.rule(parent_id=first.id, parent_field_id=field)
        with self.assertRaisesRegex(ValidationError, "choose another parent"):
            first.write({"parent_id": second.id, "parent_field_id": field})

    def test_b17_a_child_uses_the_connection_of_its_parent(self):
        other = self.env["attache.connection"].create({"name": "O", "uuid": str(uuid.uuid4())})
        field = self.field("res.partner", "parent_id")
        parent = self.rule()
        with self.assertRaisesRegex(ValidationError, "must use the connection of its parent"):
            self.rule(parent_id=parent.id, parent_field_id=field, connection_id=other.id)
        child = self.rule(parent_id=parent.id, parent_field_id=field)
        parent.connection_id = other
        self.assertEqual(child.connection_id, other)
        with self.assertRaisesRegex(ValidationError, "needs a connection"):
            self.rule(connection_id=False)

    def test_b4_a_domain_uses_stored_fields_that_are_there(self):
        for domain, message in (
            ("[('is_public', '=', True)]", "computed and not stored"),
            ("[('contact_address', '=', 'x')]", "computed and not stored"),
            ("[('country_id.nothing', '=', 'x')]", "not there"),
            ("[('nothing', '=', 1)]", "not there"),
            ("[('name' '=')]", "cannot be read"),
            ("__import__('os')", "cannot be read"),
        ):
            with self.assertRaisesRegex(ValidationError, message), self.cr.savepoint():
                self.rule(domain=domain)
        self.rule(domain="['|', ('country_id.code', '=', 'BE'), ('id', '>', uid)]")
        self.rule("res.users", domain="[('email', 'ilike', 'x')]")  # its partner's, stored there

    def test_the_domain_is_told_evaluated(self):
        rule = self.rule(domain="[('create_date', '>=', context_today()), ('id', 'in', [1, 2])]")
        told = rule._to_wire()["domain"]
        self.assertEqual(told[0], "&")
        self.assertRegex(told[1][2], r"^\d{4}-\d\d-\d\d")
        self.assertEqual(told[2], ["id", "in", [1, 2]])

    def test_a_domain_that_went_wrong_stops_no_other_rule(self):
        """A module may be gone since the rule was saved."""
        good, bad = self.rule(title="Good"), self.rule("res.users", title="Bad")
        self.env.flush_all()
        self.env.cr.execute("UPDATE attache_rule SET domain = '[(gone, 1)]' WHERE id = %s", bad.ids)
        self.env.invalidate_all()
        user = self.env["attache.service"].sudo()._service_user()
        service = self.env["attache.service"].with_user(user)
        told = {rule["id"]: rule for rule in service.settings()["rules"]}
        self.assertIsNone(told[good.id]["error"] or None)
        self.assertEqual(told[bad.id]["domain"], [])
        self.assertIn("The domain of rule Bad cannot be read", told[bad.id]["error"])
        domain = [("id", "=", user.partner_id.id)]
        [row] = service.search_read(model="res.partner", domain=domain, fields=["name"])
        self.assertEqual(row["name"], "Attaché")

    def test_b6_a_period_needs_a_stored_date_and_a_count(self):
        with self.assertRaisesRegex(ValidationError, "needs a stored date"):
            self.rule(period_field_id=self.field("res.partner", "name"))
        date = self.field("res.partner", "create_date")
        with self.assertRaisesRegex(ValidationError, "at least one unit"):
            self.rule(period_field_id=date, period_count=0)

    def test_a_model_without_records_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "no stored records"):
            self.rule("mail.thread")

    def test_the_sidecar_reads_the_models_on_the_way_only(self):
        self.env["attache.rule"].search([]).active = False
        self.rule(
            domain="[('country_id.state_ids.code', '=', 'X')]",
            name_expression="{{ object.company_id.name ||| none }} {{object.lang}}",
        )
        self.assertEqual(
            self.env["attache.rule"]._readable_models(),
            {"res.partner", "res.country", "res.country.state", "res.company"},
        )

    def test_b102_presets_are_used_when_their_models_are_there(self):
        presets = self.env["attache.preset"].search([])
        self.assertEqual(len(presets), 9)
        for preset in presets:
            preset.connection_id = self.connection
            if preset.missing:
                with self.assertRaisesRegex(UserError, "Install the apps|Documents app"):
                    preset.action_use()
                continue
            rules = self.env["attache.rule"].search(preset.action_use()["domain"])
            self.assertEqual(rules.mapped("model"), [rule["model"] for rule in preset.rules])
            self.assertFalse([rule for rule in rules if rule._to_wire()["error"]])
            self.assertEqual(rules[1:].parent_id, rules[:-1])
            for rule, said in zip(rules, preset.rules, strict=True):
                told = rule._to_entry({rule: "", rule.parent_id: ""})
                for key in ("folder_name", "split", "parent_field"):
                    self.assertEqual(told.get(key), said.get(key))

    def test_a_rule_with_folders_is_archived_instead(self):
        rule = self.rule()
        self.folder(self.root, "Contacts", kind="rule", rule_id=rule.id)
        with self.assertRaisesRegex(UserError, "archive it"):
            rule.unlink()
