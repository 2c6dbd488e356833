from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import AttacheCase


@tagged("post_install", "-at_install")
class TestAttachment(AttacheCase):
    """Which folder a file lives in, and the trash."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first, cls.second = cls.env["res.partner"].create([{"name": "A"}, {"name": "B"}])
        cls.home = cls.record_folder(cls.root, cls.first)
        cls.scans = cls.folder(cls.home, "Scans")
        cls.other_home = cls.record_folder(cls.root, cls.second)

    def test_files_live_with_their_record(self):
        file = self.attach(self.first)
        self.assertEqual(file.attache_folder_id, self.home)
        file.write({"res_id": self.second.id})
        self.assertEqual(file.attache_folder_id, self.other_home)
        file.write({"res_model": "res.users", "res_id": self.env.uid})
        self.assertFalse(file.attache_folder_id)

    def test_fields_and_links_live_in_no_folder(self):
        vals = {"name": "x", "res_model": "res.partner", "res_id": self.first.id}
        files = self.env["ir.attachment"].create(
            [{**vals, "res_field": "image_128"}, {**vals, "type": "url", "url": "https://x.y"}]
        )
        self.assertFalse(files.attache_folder_id)

    def test_a_renamed_file_stays_in_its_manual_folder(self):
        file = self.attach(self.first)
        file.attache_folder_id = self.scans
        file.name = "b.txt"
        self.assertEqual(file.attache_folder_id, self.scans)
        self.assertEqual((file.res_model, file.res_id), ("res.partner", self.first.id))

    def test_b40_moving_a_file_attaches_it_to_the_other_record(self):
        file = self.attach(self.first)
        file.attache_folder_id = self.folder(self.other_home, "Deep")
        self.assertEqual(file.res_id, self.second.id)
        top = self.folder(self.root, "Top")
        file.attache_folder_id = top
        self.assertEqual((file.res_model, file.res_id), ("attache.folder", top.id))

    def test_moving_needs_the_right_to_write_the_other_record(self):
        file = self.attach(self.first)
        with self.assertRaises(AccessError):
            file.with_user(self.clerk).attache_folder_id = self.other_home
        own = self.env["ir.attachment"].with_user(self.clerk)
        with self.assertRaises(AccessError):
            own.create({"name": "x", "raw": b"x", "attache_folder_id": self.other_home.id})

    def test_a_moved_folder_takes_its_files_to_the_other_record(self):
        file = self.attach(self.first)
        file.attache_folder_id = self.folder(self.scans, "Deep")
        self.scans.parent_id = self.other_home
        self.assertEqual(file.res_id, self.second.id)
        self.scans.parent_id = self.root
        self.assertEqual(file.res_model, "attache.folder")
        self.assertEqual(file.res_id, file.attache_folder_id.id)

    def test_a_deleted_folder_leaves_its_files_in_the_trash(self):
        file = self.attach(self.first)
        file.attache_folder_id = self.scans
        self.scans.unlink()
        self.assertEqual(file.res_model, "attache.trash")
        trash = self.env["attache.trash"].search([("attachment_id", "=", file.id)])
        trash.action_restore()
        self.assertEqual((file.res_id, file.attache_folder_id), (self.first.id, self.home))
        self.assertFalse(trash.exists())

    def test_a_trashed_file_is_for_administrators_only(self):
        file = self.attach(self.first)
        self.assertTrue(file.with_user(self.clerk).raw)
        file._attache_trash("cloud")
        self.assertFalse(self.env["ir.attachment"].search([("name", "=", "a.txt")]) & file)
        with self.assertRaises(AccessError):
            file.with_user(self.clerk).read(["raw"])
        self.assertEqual(file.raw, b"bytes")
        # Odoo finds no duplicate in the trash.
        vals = {"name": "n", "datas": "Ynl0ZXM=", "mimetype": "text/plain"}
        self.assertNotEqual(self.env["ir.attachment"].create_unique([vals]), file.ids)

    def test_the_main_attachment_goes_to_the_trash_too(self):
        if "account.move" not in self.env:
            self.skipTest("needs a model with a main attachment")
        move = self.env["account.move"].search([], limit=1)
        self.record_folder(self.root, move)
        file = self.attach(move)
        move.message_main_attachment_id = file
        file._attache_trash("cloud")
        self.assertFalse(move.message_main_attachment_id)

    def test_a_restricted_audit_trail_holds_for_the_sidecar_too(self):
        if "restrictive_audit_trail" not in self.env["res.company"]._fields:
            self.skipTest("needs accounting")
        move = self.env["account.move"].search([("posted_before", "=", True)], limit=1)
        self.env.cr.execute(
            "UPDATE res_company SET restrictive_audit_trail = true WHERE id = %s",
            [move.company_id.id],
        )
        self.env.invalidate_all()
        folder = self.record_folder(self.root, move)
        file = self.attach(move, "i.pdf", b"%PDF-1.4")
        self.assertEqual(file.attache_folder_id, folder)
        sidecar = self.env["attache.service"].with_user(
            self.env["attache.service"].sudo()._service_user()
        )
        told = sidecar.read(files=[file.id], folders=[folder.id])
        [file_told], [folder_told] = told["files"], told["folders"]
        for item in (
            {"op": "trash", "id": file.id, "expect": file_told["revision"]},
            {"op": "content", "id": file.id, "expect": file.checksum, "size": 1, "sha1": "x"},
            {"op": "place", "id": file.id, "folder": self.home.id, "name": "x"},
        ):
            [result] = sidecar.apply_files([item])
            self.assertFalse(result["ok"])
            self.assertIn("audit trail", result["message"])
        item = {"op": "trash", "id": folder.id, "expect": folder_told["revision"]}
        [result] = sidecar.apply_folders([item])
        self.assertFalse(result["ok"])
        self.assertEqual((file.attache_folder_id, file.res_id), (folder, move.id))

    def test_nothing_is_restored_to_nowhere(self):
        file = self.attach(self.first)
        file._attache_trash("cloud")
        trash = self.env["attache.trash"].search([("attachment_id", "=", file.id)])
        (self.home | self.scans).unlink()
        self.env.cr.execute("DELETE FROM res_partner WHERE id = %s", [self.first.id])
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "is there any more"):
            trash.action_restore()

    def test_every_folder_but_a_root_has_a_parent(self):
        Folders = self.env["attache.folder"]
        for vals in (
            {"name": "x", "kind": "manual"},
            {"name": "x", "kind": "root"},
            {"name": "x", "kind": "record", "parent_id": self.root.id},
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                Folders.create(vals)
        with self.assertRaises(UserError):
            self.home.parent_id = self.scans

    def test_neutralizing_cuts_the_tie_to_the_sidecar(self):
        from odoo.modules.neutralize import get_neutralization_queries

        parameters = self.env["ir.config_parameter"]
        parameters.set_param("attache.secret", "0" * 64)
        parameters.set_param("attache.sidecar_url", "http://127.0.0.1:9")
        self.env.flush_all()
        for query in get_neutralization_queries(["attache"]):
            self.cr.execute(query)
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.assertFalse(parameters.get_param("attache.secret"))
        self.assertEqual(self.connection.state, "paused")
        with self.assertRaisesRegex(UserError, "not paired"):
            self.env["attache.sidecar"]._key()
