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
        self.assertEqual(
            self.seen(self.clerk, self.all), (self.root | self.above | self.rule_folder).sorted()
        )

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

    def test_the_service_user_sees_nothing_by_itself(self):
        sidecar = self.env["attache.service"].sudo()._service_user()
        self.assertFalse(sidecar._is_internal())
        with self.assertRaises(AccessError):
            self.env["attache.folder"].with_user(sidecar).search([])
        with self.assertRaises(AccessError):
            self.attach(self.employee).with_user(sidecar).read(["raw"])

    def test_only_administrators_see_rules_logs_and_the_trash(self):
        for model in ("attache.rule", "attache.log", "attache.trash", "attache.preset"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.clerk).search([])
        with self.assertRaises(UserError):
            self.env["attache.connection"].with_user(self.clerk).action_open_attache()
