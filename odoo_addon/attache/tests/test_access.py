from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import AttacheCase


@tagged("post_install", "-at_install")
class TestAccess(AttacheCase):
    """Nobody sees a folder that an ancestor forbids, nor a file of other people's folder."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.department, cls.employee = cls.env["res.partner"].create(
            [{"name": "Department"}, {"name": "Employee"}]
        )
        cls.above = cls.record_folder(cls.root, cls.department)
        cls.rule_folder = cls.folder(cls.above, "Employees", kind="rule")
        cls.below = cls.record_folder(cls.rule_folder, cls.employee)
        cls.scans = cls.folder(cls.below, "Scans")
        cls.all = cls.root | cls.above | cls.rule_folder | cls.below | cls.scans

    def forbid(self, record):
        """Everybody but the superuser loses sight of this record."""
        self.env["ir.rule"].create(
            {
                "name": "hide",
                "model_id": self.env["ir.model"]._get_id(record._name),
                "domain_force": [("id", "!=", record.id)],
            }
        )

    def test_b85_a_folder_is_seen_when_its_record_is(self):
        self.assertEqual(self.seen(self.clerk, self.all), self.all.sorted())
        self.forbid(self.employee)
        self.assertEqual(self.seen(self.clerk, self.all), (self.root | self.above).sorted())

    def test_b87_a_forbidden_ancestor_hides_all_below(self):
        self.forbid(self.department)
        self.assertEqual(self.seen(self.clerk, self.all), self.root)
        with self.assertRaises(AccessError):
            self.below.with_user(self.clerk).read(["name"])
        # The employee itself may be read: a folder that no longer lies below is seen.
        self.below.parent_id = self.root
        self.assertEqual(
            self.seen(self.clerk, self.all), (self.root | self.below | self.scans).sorted()
        )

    def test_a_deleted_record_is_nobodys(self):
        self.env.cr.execute("DELETE FROM res_partner WHERE id = %s", [self.employee.id])
        self.env.invalidate_all()
        self.assertNotIn(self.below, self.seen(self.clerk, self.all))

    def test_an_unknown_model_is_nobodys(self):
        self.env.cr.execute(
            "UPDATE attache_folder SET record_model = 'gone.model' WHERE id = %s", [self.above.id]
        )
        self.env.invalidate_all()
        self.assertEqual(self.seen(self.clerk, self.all), self.root)

    def test_b86_a_manual_folder_is_for_those_it_lists(self):
        group = self.env.ref("attache.group_file_manager")
        self.scans.write({"user_ids": [(4, self.clerk.id)]})
        self.assertIn(self.scans, self.seen(self.clerk, self.all))
        self.assertNotIn(self.scans, self.seen(self.other, self.all))
        self.scans.write({"group_ids": [(4, group.id)]})
        self.assertNotIn(self.scans, self.seen(self.other, self.all))
        self.other.write({"group_ids": [(4, group.id)]})
        self.assertIn(self.scans, self.seen(self.other, self.all))

    def test_files_of_other_peoples_folder_are_hidden_though_the_record_is_not(self):
        file = self.attach(self.employee)
        inner = self.folder(self.scans, "Inner")
        file.attache_folder_id = inner
        Files = self.env["ir.attachment"]
        mine = [("res_model", "=", "res.partner"), ("res_id", "=", self.employee.id)]
        self.assertEqual(Files.with_user(self.other).search(mine), file)
        self.scans.user_ids = self.clerk
        self.assertEqual(Files.with_user(self.clerk).search(mine), file)
        self.assertFalse(Files.with_user(self.other).search(mine))
        self.assertFalse(Files.with_user(self.other).search([("name", "=", "a.txt")]) & file)
        with self.assertRaises(AccessError):
            file.with_user(self.other).read(["raw"])
        self.assertTrue(file.with_user(self.clerk).raw)

    def test_no_token_opens_what_a_folder_or_the_trash_hides(self):
        file = self.attach(self.employee)
        token = file.generate_access_token()[0]

        def found(user):
            binary = self.env["ir.binary"].with_user(user)
            return binary._find_record(res_id=file.id, access_token=token)

        self.assertEqual(found(self.other), file)
        file.attache_folder_id = self.scans
        self.scans.user_ids = self.clerk
        self.assertEqual(found(self.clerk), file)
        raw = file.with_user(self.clerk)._get_raw_access_token()
        for kind in (token, raw):
            with self.assertRaises(AccessError):
                self.env["ir.binary"].with_user(self.other)._find_record(
                    res_id=file.id, access_token=kind, field="raw"
                )
        file.sudo().public = True
        with self.assertRaises(AccessError):
            found(self.other)
        self.scans.user_ids = False
        file._attache_trash("cloud")
        with self.assertRaises(AccessError):
            found(self.clerk)

    def test_a_trashed_folder_is_hidden_with_what_is_below(self):
        self.rule_folder.sudo()._trash()
        self.assertEqual(self.seen(self.clerk, self.all), (self.root | self.above).sorted())

    def test_b13_people_neither_rename_nor_move_nor_delete_automatic_folders(self):
        below = self.below.with_user(self.clerk)
        for act in (
            lambda: below.write({"name": "x"}),
            lambda: below.write({"parent_id": self.root.id}),
            lambda: below.unlink(),
            lambda: below.write({"in_scope": False}),
            lambda: self.scans.with_user(self.clerk).write({"key": "x"}),
            lambda: self.scans.with_user(self.clerk).write({"record_id": 1}),
            lambda: below.create({"name": "x", "kind": "rule", "parent_id": self.root.id}),
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                act()

    def test_b44_manual_folders_follow_the_right_to_write_the_record(self):
        creator = self.env.ref("base.group_partner_manager")
        Folders = self.env["attache.folder"]
        vals = {"name": "Mine", "parent_id": self.below.id}
        with self.assertRaises(AccessError), self.cr.savepoint():
            Folders.with_user(self.other).create(vals)
        self.clerk.write({"group_ids": [(4, creator.id)]})
        mine = Folders.with_user(self.clerk).create(vals)
        mine.name = "Renamed"
        with self.assertRaises(AccessError), self.cr.savepoint():
            mine.with_user(self.other).unlink()
        mine.unlink()
        self.assertFalse(mine.exists())

    def test_a_manual_folder_moves_only_to_where_one_may_write(self):
        creator = self.env.ref("base.group_partner_manager")
        self.clerk.write({"group_ids": [(4, creator.id)]})
        mine = self.folder(self.below, "Mine").with_user(self.clerk)
        user_folder = self.record_folder(self.root, self.env.user)
        with self.assertRaises(AccessError), self.cr.savepoint():
            mine.parent_id = user_folder
        self.forbid(self.department)
        with self.assertRaises(AccessError), self.cr.savepoint():
            self.folder(self.root, "Top").with_user(self.clerk).parent_id = self.above

    # -- folders of rules -----------------------------------------------------------------

    def split(self):
        """A rule's folder with one for a value of a field, in which nothing is yet."""
        rule = self.folder(self.root, "Tasks", kind="rule")
        secret = self.env["res.partner"].create({"name": "Value"})
        of_value = {"kind": "rule", "record_model": "res.partner", "record_id": secret.id}
        return rule, self.folder(rule, "Value", **of_value)

    def test_b85_a_rules_folder_is_seen_when_something_in_it_is(self):
        rule, split = self.split()
        boss = self.user("boss", "attache.group_admin")
        both = rule | split
        self.assertFalse(self.seen(self.clerk, both))
        self.assertEqual(self.seen(boss, both), both.sorted())
        for put in (
            lambda: self.record_folder(split, self.employee),
            lambda: self.folder(
                split, "S", kind="shortcut", record_model="res.partner", record_id=self.employee.id
            ),
            lambda: self.folder(split, "Mine"),
            lambda: self.folder(split, "Closed", user_ids=[(4, self.clerk.id)]),
        ):
            inside = put()
            self.assertEqual(self.seen(self.clerk, both), both.sorted())
            inside.sudo()._trash()
            self.assertFalse(self.seen(self.clerk, both))
        self.attach(self.employee).attache_folder_id = split
        self.assertEqual(self.seen(self.clerk, both), both.sorted())

    def test_b85_a_split_folder_does_not_follow_the_record_that_it_is_called_by(self):
        rule, split = self.split()
        self.record_folder(split, self.employee)
        self.forbid(self.env["res.partner"].browse(split.record_id))
        self.assertEqual(self.seen(self.clerk, rule | split), (rule | split).sorted())
        self.forbid(self.employee)
        self.assertFalse(self.seen(self.clerk, rule | split))

    def test_b87_what_is_hidden_opens_no_rules_folder(self):
        rule, split = self.split()
        closed = self.folder(split, "Closed", user_ids=[(4, self.clerk.id)])
        inside = self.record_folder(closed, self.employee)
        everything = rule | split | closed | inside
        self.assertEqual(self.seen(self.clerk, everything), everything.sorted())
        self.assertFalse(self.seen(self.other, everything))

    def test_a_folder_is_deleted_with_a_rules_folder_that_holds_only_what_moves_out(self):
        self.clerk.group_ids += self.env.ref("base.group_partner_manager")
        top = self.folder(self.root, "Top")
        rule = self.folder(top, "Rule", kind="rule")
        record = self.record_folder(rule, self.clerk.partner_id)
        self.folder(top, "Gone").sudo()._trash()
        top.with_user(self.clerk).unlink()
        self.assertEqual(record.parent_id, self.root)
        self.assertFalse(rule.exists())

    def test_nobody_opens_a_hidden_folder_by_putting_something_into_it(self):
        _rule, split = self.split()
        Folders = self.env["attache.folder"].with_user(self.other)
        top = self.folder(self.root, "Top").with_user(self.other)
        file = self.env["ir.attachment"].with_user(self.other)
        for act in (
            lambda: Folders.create({"name": "x", "parent_id": split.id}),
            lambda: Folders.with_context(default_parent_id=split.id).create({"name": "x"}),
            lambda: top.write({"parent_id": split.id}),
            lambda: file.create({"name": "x", "raw": b"x", "attache_folder_id": split.id}),
            lambda: file.create(
                {"name": "x", "raw": b"x", "res_model": "attache.folder", "res_id": split.id}
            ),
        ):
            with self.assertRaises(AccessError), self.cr.savepoint():
                act()
        self.assertFalse(self.seen(self.other, split))

    def test_u17_folders_follow_the_companies_that_are_switched_on(self):
        home, abroad = self.env.company, self.env["res.company"].create({"name": "Abroad"})
        self.clerk.company_ids += abroad
        partners = self.env["res.partner"].create(
            [{"name": company.name, "company_id": company.id} for company in (home, abroad)]
        )
        inner, outer = (self.record_folder(self.root, partner) for partner in partners)
        both = (inner | outer).with_user(self.clerk)
        for companies, seen in ((home, inner), (abroad, outer), (home | abroad, both)):
            mine = both.with_context(allowed_company_ids=companies.ids)
            self.assertEqual(mine._filtered_access("read"), seen)
            for domain in ([("id", "in", both.ids)], [], [("id", "child_of", self.root.ids)]):
                self.assertEqual(mine.search(domain) & both, seen)
        self.assertEqual(self.seen(self.other, inner | outer), inner)

    # -- the cost -------------------------------------------------------------------------

    def test_b87_searches_cost_the_same_however_many_folders_and_models_there_are(self):
        def queries(user, domain):
            folders = self.env["attache.folder"].with_user(user)
            folders.search(domain)  # what is remembered for long, is
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            folders.search(domain)
            return self.cr.sql_log_count - before

        domains = ([], [("parent_id", "=", self.root.id)], [("id", "child_of", self.root.id)])
        before = [queries(self.clerk, domain) for domain in domains]
        for model in ("res.users", "res.partner.category", "res.country", "res.currency"):
            for record in self.env[model].search([], limit=40):
                self.folder(self.record_folder(self.root, record), "Inner")
        self.assertEqual(before, [queries(self.clerk, domain) for domain in domains])

    # -- groups ---------------------------------------------------------------------------

    def test_b89_nobody_from_outside_sees_folders(self):
        for xmlid in ("base.group_portal", "base.group_public"):
            group = self.env.ref(xmlid)
            user = self.env["res.users"].create(
                {"name": xmlid, "login": xmlid, "group_ids": [(6, 0, group.ids)]}
            )
            folders = self.all.with_user(user)
            self.assertFalse(folders._filtered_access("read"))
            for act in (
                lambda folders=folders: folders.search([]),
                lambda folders=folders: folders._read_group([], ["kind"], ["__count"]),
                lambda folders=folders: folders[0].read(["name"]),
            ):
                with self.assertRaises(AccessError):
                    act()

    def test_b87_everything_that_reads_folders_obeys(self):
        self.forbid(self.department)
        self.clerk.group_ids += self.env.ref("base.group_allow_export")
        mine = self.env["attache.folder"].with_user(self.clerk)
        hidden = self.above | self.rule_folder | self.below | self.scans
        self.assertFalse(set(hidden.mapped("name")) & {name for _, name in mine.name_search("")})
        self.assertEqual(mine.search_count([("id", "in", hidden.ids)]), 0)
        groups = mine._read_group([("id", "in", self.all.ids)], ["kind"], ["__count"])
        self.assertEqual(groups, [("root", 1)])
        self.assertFalse(self.root.with_user(self.clerk).child_ids & hidden)
        for folder in hidden.with_user(self.clerk):
            with self.assertRaises(AccessError):
                folder.export_data(["name"])

    def test_the_service_user_sees_nothing_by_itself(self):
        sidecar = self.env["attache.service"].sudo()._service_user()
        self.assertFalse(sidecar._is_internal())
        with self.assertRaises(AccessError):
            self.env["attache.folder"].with_user(sidecar).search([])
        with self.assertRaises(AccessError):
            self.attach(self.employee).with_user(sidecar).read(["raw"])

    def test_b89_only_administrators_see_rules_and_logs(self):
        for model in ("attache.rule", "attache.log", "attache.preset"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.clerk).search([])
        with self.assertRaises(UserError):
            self.env["attache.connection"].with_user(self.clerk).action_open_attache()
