import io
import zipfile

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged

from .common import AttacheCase


@tagged("post_install", "-at_install")
class TestScreen(AttacheCase):
    """What the screens ask of folders and files."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.env["res.partner"].create({"name": "Azure"})
        cls.home = cls.record_folder(cls.root, cls.partner)
        cls.below = cls.env["attache.folder"].create({"name": "Scans", "parent_id": cls.home.id})
        cls.file = cls.env["ir.attachment"].create(
            {"name": "a.txt", "raw": b"one", "attache_folder_id": cls.below.id}
        )
        cls.reader = new_test_user(cls.env, "screen_reader", "base.group_user")

    def test_b43_the_box_of_a_record_tells_its_folder_and_what_is_below(self):
        box = self.env["attache.folder"].read_box("res.partner", self.partner.id)
        self.assertEqual(box["folder"]["id"], self.home.id)
        self.assertEqual([one["name"] for one in box["folders"]], ["Scans"])
        nothing = self.env["attache.folder"].read_box("res.partner", self.partner.id + 10_000)
        self.assertFalse(nothing["folder"])

    def test_b34_a_folder_is_asked_for_in_the_same_number_of_queries_however_full(self):
        folders = self.env["attache.folder"].with_user(self.reader)

        def count():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            folders.read_children(self.home.id)
            return self.env.cr.sql_log_count - before

        count()
        few = count()
        self.env["attache.folder"].create(
            [{"name": f"Folder {n}", "parent_id": self.home.id} for n in range(100)]
        )
        count()
        self.assertEqual(count(), few)

    def test_b13_an_automatic_folder_tells_why_it_stays(self):
        said = self.env["attache.folder"].refusal(self.home.id)
        self.assertIn("rule", said["message"])
        self.assertFalse(self.env["attache.folder"].refusal(self.below.id))

    def test_b36_folders_are_found_with_the_way_to_them(self):
        [found] = self.env["attache.folder"].find_folders("scan")["folders"]
        self.assertEqual(found["path"], [[self.root.id, self.root.name], [self.home.id, "Azure"]])

    def test_b40_a_moved_file_belongs_to_the_other_record_and_comes_back(self):
        other = self.env["res.partner"].create({"name": "Brick"})
        folder = self.record_folder(self.root, other)
        answer = self.env["ir.attachment"].move_files(self.file.ids, folder.id)
        self.assertEqual((self.file.res_model, self.file.res_id), ("res.partner", other.id))
        self.env["ir.attachment"].move_back(answer["back"])
        self.assertEqual(self.file.attache_folder_id, self.below)
        self.assertEqual(self.file.res_id, self.partner.id)

    def test_b41_what_one_deleted_oneself_one_restores(self):
        user = new_test_user(self.env, "screen_user", "base.group_user,base.group_partner_manager")
        answer = self.env["ir.attachment"].with_user(user).trash_files(self.file.ids)
        self.assertFalse(self.file.attache_folder_id)
        trash = self.env["attache.trash"].browse(answer["trash"])
        self.assertEqual(trash.with_user(user).search([]), trash)
        with self.assertRaises(AccessError):
            trash.with_user(self.reader).action_restore()
        self.assertFalse(trash.with_user(self.reader).search([]))
        trash.with_user(user).action_restore()
        self.assertEqual(self.file.attache_folder_id, self.below)

    def test_b41_what_one_may_no_longer_see_one_does_not_find_in_the_trash(self):
        user = new_test_user(self.env, "screen_left", "base.group_user,base.group_partner_manager")
        closed = self.env["attache.folder"].create(
            {"name": "Closed", "parent_id": self.root.id, "user_ids": [user.id]}
        )
        file = self.env["ir.attachment"].create(
            {"name": "s.txt", "raw": b"s", "attache_folder_id": closed.id}
        )
        trash = self.env["ir.attachment"].with_user(user).trash_files(file.ids)["trash"]
        trash = self.env["attache.trash"].browse(trash).with_user(user)
        self.assertTrue(trash.has_access("read"))
        closed.user_ids = self.clerk
        self.assertFalse(trash.has_access("read"))
        self.assertFalse(trash.search([]))

    def test_a_replaced_content_is_kept_and_restored(self):
        self.file.raw = b"two"
        self.file.raw = b"two"
        [version] = self.env["ir.attachment"].read_history(self.file.id)
        self.assertEqual(version["bytes"], 3)
        old = self.env["ir.attachment"].browse(version["id"])
        self.assertTrue(old.with_user(self.reader).has_access("read"))
        self.env["ir.attachment"].restore_version(self.file.id, version["id"])
        self.assertEqual(self.file.raw, b"one")
        self.assertEqual(len(self.env["ir.attachment"].read_history(self.file.id)), 2)
        with self.assertRaises(UserError):
            self.env["ir.attachment"].restore_version(self.file.id, self.file.id)

    def test_b86_an_earlier_content_stays_with_those_who_saw_it(self):
        closed = self.folder(self.root, "Closed", user_ids=[(6, 0, self.clerk.ids)])
        self.file.attache_folder_id = closed
        self.file.raw = b"blackened"
        self.file.attache_folder_id = self.below
        files = self.env["ir.attachment"]
        self.assertEqual(files.with_user(self.reader).browse(self.file.id).raw, b"blackened")
        self.assertFalse(files.with_user(self.reader).read_history(self.file.id))
        self.assertEqual(len(files.with_user(self.clerk).read_history(self.file.id)), 1)
        admin = self.user("screen_admin", "attache.group_admin")
        self.assertFalse(self.env["attache.trash"].with_user(admin).search([]))

    def test_b86_no_context_from_outside_skips_the_trash(self):
        user = self.user("screen_forger", "base.group_partner_manager")
        forged = {"attache_for_good": 1, "attache_sidecar": 1, "attache_closed": 1}
        file = self.file.with_user(user).with_context(**forged, _force_unlink=0)
        file.raw = b"two"
        self.assertEqual(len(self.env["ir.attachment"].read_history(file.id)), 1)
        file.write({"raw": b"two", "datas": b"MTI="})
        self.assertEqual(len(self.env["ir.attachment"].read_history(file.id)), 2)
        file.unlink()
        deleted = self.env["attache.trash"].search([("reason", "=", "odoo")])
        self.assertEqual(deleted.attachment_id.raw, b"12")
        with self.assertRaises(UserError):
            self.home.with_user(user).with_context(_force_unlink=1).unlink()

    def test_b41_taking_a_file_out_of_a_message_asks_for_the_right_to_delete_it(self):
        maker = self.user("screen_maker", "base.group_partner_manager")
        closed = self.folder(self.home, "Kept", editor_user_ids=[(6, 0, self.clerk.ids)])
        self.file.attache_folder_id = closed
        with self.assertRaises(AccessError):
            self.file.with_user(maker).sudo()._delete_and_notify()
        self.file.with_user(self.env.user).sudo()._delete_and_notify()
        self.assertEqual(self.file.res_model, "attache.trash")

    def test_a_released_file_comes_back_only_where_its_bytes_are(self):
        self.file._attache_write({"store_fname": "attache://x", "attache_size": 3})
        trash = self.env["attache.trash"].browse(
            self.env["ir.attachment"].trash_files(self.file.ids)["trash"]
        )
        other = self.env["attache.connection"].create({"name": "Other", "uuid": "other"})
        other.sudo()._ensure_root()
        self.home.parent_id = other.root_id
        with self.assertRaises(UserError):
            trash.action_restore()
        self.home.parent_id = self.root
        trash.action_restore()
        self.assertEqual(self.file.attache_folder_id, self.below)

    def test_the_state_follows_from_what_is_known(self):
        self.assertEqual(self.file.attache_state, "waiting")
        self.env["attache.operation"]._proved([(self.file.id, self.file.checksum)])
        self.env.invalidate_all()
        self.assertEqual(self.file.attache_state, "cloud")
        self.file.raw = b"three"
        self.assertEqual(self.file.attache_state, "waiting")
        full = "The disk is full: make room."
        line = {"id": "u", "file": self.file.id, "kind": "create", "state": "stuck"}
        lines = [{**line, "message": full}]
        self.env["attache.operation"]._report(self.connection, lines)
        self.env.invalidate_all()
        self.assertEqual(self.file.attache_state, "stuck")
        self.assertEqual(self.file.attache_state_text, full)
        stuck = self.env["ir.attachment"].search([("attache_state", "=", "stuck")])
        self.assertEqual(stuck, self.file)
        self.env["attache.operation"]._report(self.connection, [])
        self.env.invalidate_all()
        self.assertEqual(self.file.attache_state, "waiting")

    def test_a_star_is_ones_own(self):
        self.env["ir.attachment"].with_user(self.reader).set_starred(self.file.ids, True)
        files = self.env["ir.attachment"].with_user(self.reader)
        self.assertEqual(files.search([("attache_starred", "=", True)]).ids, self.file.ids)
        self.assertFalse(self.file.attache_starred)

    def test_who_has_a_folder_open_hears_of_changes_in_it(self):
        bus = self.env["bus.bus"].sudo()
        before = bus._bus_last_id()
        self.env["attache.news"]._watch(self.below)
        self.file.name = "b.txt"
        self.env.cr.precommit.run()
        told = bus.search([("id", ">", before), ("channel", "like", "attache.folder")])
        self.assertEqual(len(told), 1)
        self.assertIn(str(self.file.id), told.message)


@tagged("post_install", "-at_install")
class TestRoutes(HttpCase, AttacheCase):
    """Archives and uploads."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.top = cls.env["attache.folder"].create({"name": "Top", "parent_id": cls.root.id})
        cls.inner = cls.env["attache.folder"].create({"name": "../In", "parent_id": cls.top.id})
        cls.env["ir.attachment"].create(
            [
                {"name": name, "raw": raw, "attache_folder_id": folder.id}
                for name, raw, folder in (
                    ("a.txt", b"one", cls.top),
                    ("A.txt", b"two", cls.top),
                    ("../../etc/passwd", b"three", cls.inner),
                    ("ERRORS.txt", b"mine", cls.top),
                )
            ]
        )

    def test_b39_a_folder_is_one_archive_whose_names_stay_inside(self):
        self.authenticate("admin", "admin")
        answer = self.url_open(f"/attache/zip?folders={self.top.id}")
        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        self.assertIsNone(archive.testzip())
        self.assertEqual(
            {name: archive.read(name) for name in archive.namelist()},
            {
                "Top/a.txt": b"one",
                "Top/A (2).txt": b"two",
                "Top/-In/-..-etc-passwd": b"three",
                "Top/ERRORS.txt": b"mine",
            },
        )

    def test_b39_what_one_may_not_see_is_in_no_archive(self):
        new_test_user(self.env, "zip_stranger", "base.group_user", password="zip_stranger")
        self.inner.user_ids = self.clerk
        self.authenticate("zip_stranger", "zip_stranger")
        answer = self.url_open(f"/attache/zip?folders={self.top.id}")
        names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
        self.assertEqual(len(names), 3)
        self.assertEqual(self.url_open(f"/attache/zip?folders={self.inner.id}").status_code, 404)

    def upload(self, content, **more):
        from odoo.http import Request

        data = {"csrf_token": Request.csrf_token(self), "folder_id": self.top.id, **more}
        return self.url_open("/attache/upload", data=data, files={"ufile": content})

    def test_b37_an_upload_lies_in_its_folder_byte_for_byte(self):
        self.authenticate("admin", "admin")
        large = bytes(range(256)) * (70 * 1024)
        for name, raw in (("small.bin", b"small"), ("large.bin", large), ("empty", b"")):
            answer = self.upload((name, raw), path="One/Two").json()
            file = self.env["ir.attachment"].browse(answer["id"])
            self.assertEqual(file.raw or b"", raw)
            self.assertEqual(file.attache_folder_id.name, "Two")
            self.assertEqual(file.attache_folder_id.parent_id.parent_id, self.top)
        self.assertEqual(self.upload(("x", b"x"), path="../..").status_code, 422)

    def test_b37_nobody_uploads_into_what_they_do_not_see(self):
        new_test_user(self.env, "up_stranger", "base.group_user", password="up_stranger")
        self.top.user_ids = self.clerk
        self.authenticate("up_stranger", "up_stranger")
        self.assertEqual(self.upload(("x", b"x")).status_code, 404)
