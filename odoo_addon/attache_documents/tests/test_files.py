from odoo.tests import tagged

from .common import WorkspaceCase


@tagged("post_install", "-at_install")
class TestFiles(WorkspaceCase):
    """A document and its file are at one place, whoever put them there."""

    # -- in Documents ---------------------------------------------------------------------

    def test_b29_the_files_of_a_workspace_live_in_its_folder(self):
        before = self.document("Old", type="folder")
        old = self.document("old.txt", folder_id=before.id, raw=b"old").attachment_id
        self.assertFalse(old.attache_folder_id)
        folder = self.workspace_of(self.root, before)
        self.assertEqual(old.attache_folder_id, folder)
        new = self.document("new.txt", folder_id=before.id, raw=b"new").attachment_id
        self.assertEqual(new.attache_folder_id, folder)
        empty = self.document("later.txt", folder_id=before.id)
        empty.raw = False
        empty.write({"raw": b"late"})
        self.assertEqual(empty.attachment_id.attache_folder_id, folder)
        self.assertEqual(self.holder(new), ("documents.document", self.showing(new).id))

    def test_b29_a_document_that_moves_takes_its_file_along(self):
        other = self.document("Other", type="folder")
        folder = self.workspace_of(self.root, other)
        document = self.document("a.txt", folder_id=self.internal.id, raw=b"a")
        file = document.attachment_id
        document.folder_id = other
        self.assertEqual(file.attache_folder_id, folder)
        document.name = "b.txt"
        self.assertEqual(file.name, "b.txt")
        document.folder_id = self.document("Elsewhere", type="folder")
        self.assertFalse(file.attache_folder_id)
        self.assertEqual(document.raw, b"a")
        document.folder_id = self.internal
        self.assertEqual(file.attache_folder_id, self.workspace)

    def test_b33_the_trash_of_documents_takes_the_file_out_and_gives_it_back(self):
        document = self.document("a.txt", folder_id=self.internal.id, raw=b"a")
        file = document.attachment_id
        document.action_archive()
        self.assertFalse(self.row(file))
        self.assertEqual(document.raw, b"a")
        document.action_unarchive()
        self.assertEqual(self.row(file)[0]["folder"], self.workspace.id)

    def test_b33_what_documents_deletes_for_good_goes(self):
        document = self.document("a.txt", folder_id=self.internal.id, raw=b"a")
        file = document.attachment_id
        document.unlink()
        self.assertFalse(file.exists())

    def test_a_new_file_of_a_document_takes_the_place_of_the_one_before(self):
        document = self.document("a.txt", folder_id=self.internal.id, raw=b"one")
        old = document.attachment_id
        document.attachment_id = self.env["ir.attachment"].create(
            {"name": "a.txt", "raw": b"two", "res_model": document._name, "res_id": document.id}
        )
        self.assertEqual(document.attachment_id.attache_folder_id, self.workspace)
        self.assertFalse(old.attache_folder_id)
        self.assertEqual(old.raw, b"one")

    # -- of another record ----------------------------------------------------------------

    def shown(self):
        """A partner's file that Documents shows."""
        partner = self.env["res.partner"].create({"name": "Azure"})
        file = self.attach(partner)
        return (
            partner,
            file,
            self.document(file.name, folder_id=self.internal.id, attachment_id=file.id),
        )

    def test_b29_another_records_file_lives_in_the_workspace_until_that_has_a_folder(self):
        partner, file, document = self.shown()
        self.assertEqual(file.attache_folder_id, self.workspace)
        self.assertEqual(self.holder(file), ("res.partner", partner.id))
        home = self.record_folder(self.root, partner)
        self.assertEqual(file.attache_folder_id, home)
        document.name = "other"
        document.action_archive()
        self.assertEqual(file.attache_folder_id, home)
        self.assertEqual(file.name, "a.txt")

    def test_another_records_file_stays_that_records_within_the_workspaces(self):
        partner, file, document = self.shown()
        other = self.document("Other", type="folder", access_internal="edit")
        folder = self.workspace_of(self.root, other)
        file.write({"attache_folder_id": folder.id})
        self.assertEqual(document.folder_id, other)
        self.assertEqual(self.holder(file), ("res.partner", partner.id))
        row = self.row(file)[0]
        self.applied(
            "apply_files",
            op="place",
            id=file.id,
            expect=row["revision"],
            folder=self.workspace.id,
            name="n.txt",
        )
        self.assertEqual((document.folder_id, document.name), (self.internal, "n.txt"))
        self.assertEqual(self.holder(file), ("res.partner", partner.id))

    def test_another_records_file_stays_with_it_when_its_document_is_in_the_trash(self):
        partner, file, document = self.shown()
        document.action_archive()
        self.assertFalse(file.attache_folder_id)
        self.assertEqual((self.holder(file), file.raw), (("res.partner", partner.id), b"bytes"))

    def test_another_records_file_that_the_cloud_deleted_comes_back_as_that_records(self):
        partner, file, document = self.shown()
        self.applied("apply_files", op="trash", id=file.id, expect=self.row(file)[0]["revision"])
        self.assertFalse(document.active)
        trash = self.env["attache.trash"].search([("attachment_id", "=", file.id)])
        trash._restore()
        self.assertTrue(document.active)
        self.assertEqual(self.holder(file), ("res.partner", partner.id))
        self.assertEqual(file.attache_folder_id, self.workspace)

    # -- in the cloud ---------------------------------------------------------------------

    def test_b29_a_file_of_the_cloud_becomes_a_document_once(self):
        file = self.from_cloud(self.workspace)
        document = self.showing(file)
        self.assertEqual((document.name, document.folder_id), ("a.txt", self.internal))
        self.assertEqual(self.holder(file), ("documents.document", document.id))
        self.assertEqual((document.owner_id, document.access_internal), (self.no_one(), "edit"))
        self.assertEqual(self.from_cloud(self.workspace), file)
        self.assertEqual(self.showing(file), document)

    def no_one(self):
        return self.env["res.users"]

    def test_b29_what_the_cloud_does_to_a_file_happens_to_its_document(self):
        document = self.document("a.txt", folder_id=self.internal.id, raw=b"a")
        file = document.attachment_id
        inner = self.workspace_of(
            self.workspace, self.document("Inner", type="folder", folder_id=self.internal.id)
        )
        row = self.applied(
            "apply_files",
            op="place",
            id=file.id,
            expect=self.row(file)[0]["revision"],
            folder=inner.id,
            name="b.txt",
        )
        self.assertEqual((document.name, document.folder_id), ("b.txt", inner._document()))
        self.assertEqual(self.holder(file), ("documents.document", document.id))
        self.applied(
            "apply_files", op="content", id=file.id, expect=row["sha1"], size=9, sha1="1" * 40
        )
        self.assertEqual((document.attachment_id, file.checksum), (file, "1" * 40))
        kept = self.env["attache.trash"].search([("reason", "=", "replaced")]).attachment_id
        self.assertIn(b"a", kept.mapped("raw"))
        self.applied("apply_files", op="trash", id=file.id, expect=self.row(file)[0]["revision"])
        self.assertFalse(document.active)
        self.assertFalse(self.env["attache.trash"].search([("attachment_id", "=", file.id)]))
        document.action_unarchive()
        self.assertEqual(file.attache_folder_id, inner)

    def test_a_file_that_leaves_the_workspaces_leaves_documents(self):
        file = self.document("a.txt", folder_id=self.internal.id, raw=b"a").attachment_id
        partner = self.env["res.partner"].create({"name": "Azure"})
        folder = self.record_folder(self.root, partner)
        row = self.row(file)[0]
        self.applied(
            "apply_files",
            op="place",
            id=file.id,
            expect=row["revision"],
            folder=folder.id,
            name="a.txt",
        )
        self.assertEqual(self.holder(file), ("res.partner", partner.id))
        self.assertFalse(self.showing(file))
        file.attache_folder_id = self.workspace
        self.assertEqual(self.showing(file).folder_id, self.internal)
        self.assertEqual(file.raw, b"a")

    # -- in the file manager --------------------------------------------------------------

    def test_a_file_that_a_person_puts_into_a_workspace_becomes_a_document(self):
        file = (
            self.env["ir.attachment"]
            .with_user(self.clerk)
            .create({"name": "a.txt", "raw": b"a", "attache_folder_id": self.workspace.id})
        )
        document = self.showing(file)
        self.assertEqual(document.folder_id, self.internal)
        self.assertEqual(document.raw, b"a")
        file.name = "b.txt"
        self.assertEqual(document.name, "b.txt")
        file.with_user(self.clerk).unlink()
        self.assertFalse(document.active)
        self.assertEqual(document.raw, b"a")

    def test_a_file_in_the_chatter_of_a_folder_is_no_document(self):
        file = self.attach(self.internal)
        self.assertEqual(file.attache_folder_id, self.workspace)
        self.assertFalse(self.showing(file))
        self.applied(
            "apply_folders",
            op="rename",
            id=self.workspace.id,
            name="Renamed by a rule",
        )
        self.assertEqual(self.internal.name, "Internal")
        self.assertEqual(file.attache_folder_id, self.workspace)
