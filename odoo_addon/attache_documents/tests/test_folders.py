from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import WorkspaceCase


@tagged("post_install", "-at_install")
class TestFolders(WorkspaceCase):
    """A subfolder of a workspace is a folder of Documents."""

    def made_in_cloud(self, parent, name="Scans", key="k1"):
        row = self.applied(
            "apply_folders", op="create", key=key, name=name, parent=parent.id, kind="manual"
        )
        return self.env["attache.folder"].browse(row["id"])

    def test_b31_a_subfolder_that_a_person_makes_becomes_a_folder_of_documents(self):
        self.internal.write({"owner_id": self.clerk.id, "access_internal": "none"})
        folder = (
            self.env["attache.folder"]
            .with_user(self.clerk)
            .create({"name": "Scans", "parent_id": self.workspace.id})
        )
        document = folder.sudo()._document()
        self.assertEqual((document.name, document.type), ("Scans", "folder"))
        self.assertEqual(document.folder_id, self.internal)
        self.assertEqual((document.owner_id, document.access_internal), (self.clerk, "none"))
        folder = folder.sudo()
        self.assertEqual(
            (folder.kind, folder.key), ("record", f"record:documents.document:{document.id}")
        )
        with self.assertRaisesRegex(UserError, "Documents"):
            folder.with_user(self.clerk).name = "Other"

    def test_b31_a_subfolder_of_the_cloud_becomes_one_once(self):
        folder = self.made_in_cloud(self.workspace)
        document = folder._document()
        self.assertEqual(document.folder_id, self.internal)
        self.assertEqual(self.made_in_cloud(self.workspace), folder, "the call is repeated")
        self.assertEqual(folder._document(), document)
        row = self.applied(
            "apply_folders",
            op="create",
            key=folder.key,
            name="Scans",
            parent=self.workspace.id,
            kind="record",
            model="documents.document",
            res_id=document.id,
        )
        self.assertEqual(row["id"], folder.id, "the rules find it in place")
        file = self.from_cloud(folder, key="k2")
        self.assertEqual(self.showing(file).folder_id, document)

    def test_b31_a_whole_tree_that_moves_into_a_workspace_becomes_documents(self):
        top = self.folder(self.root, "Top")
        inner = self.folder(top, "Inner")
        file = self.env["ir.attachment"].create(
            {"name": "a.txt", "raw": b"a", "attache_folder_id": inner.id}
        )
        top.parent_id = self.workspace
        self.assertEqual(top._document().folder_id, self.internal)
        self.assertEqual(inner._document().folder_id, top._document())
        self.assertEqual(self.showing(file).folder_id, inner._document())

    def test_b31_the_cloud_renames_moves_and_deletes_such_a_folder(self):
        folder, other = (
            self.made_in_cloud(self.workspace),
            self.made_in_cloud(self.workspace, "Other", "k2"),
        )
        row = self.service.read(folders=[folder.id])["folders"][0]
        self.assertTrue(row["free"])
        top = self.service.read(folders=[self.workspace.id])["folders"][0]
        self.assertFalse(top["free"], "the rule's own stay the rule's")
        row = self.applied(
            "apply_folders",
            op="place",
            id=folder.id,
            expect=row["revision"],
            parent=other.id,
            name="Renamed",
        )
        document = folder._document()
        self.assertEqual((document.name, document.folder_id), ("Renamed", other._document()))
        self.applied("apply_folders", op="trash", id=folder.id, expect=row["revision"])
        self.assertFalse(document.active)
        self.assertTrue(folder.trashed_at)
        document.action_unarchive()
        self.assertFalse(folder.trashed_at)

    def test_a_folder_for_some_people_stays_attaches_own(self):
        folder = self.env["attache.folder"].create(
            {"name": "Few", "parent_id": self.workspace.id, "user_ids": [(4, self.clerk.id)]}
        )
        self.assertEqual(folder.kind, "manual")
        file = self.document("a.txt", folder_id=self.internal.id, raw=b"a").attachment_id
        file.attache_folder_id = folder
        self.assertFalse(self.showing(file), "Documents would show it to others")
        folder.restricted = False
        self.assertEqual(folder._document().folder_id, self.internal)
        self.assertEqual(self.showing(file).folder_id, folder._document())

    def test_b33_a_folder_in_the_trash_of_documents_takes_its_tree_along(self):
        inner = self.made_in_cloud(self.workspace)
        file = self.document("a.txt", folder_id=inner._document().id, raw=b"a").attachment_id
        closed = self.env["attache.folder"].create(
            {"name": "Few", "parent_id": inner.id, "user_ids": [(4, self.clerk.id)]}
        )
        secret = self.env["ir.attachment"].create(
            {"name": "s.txt", "raw": b"s", "attache_folder_id": closed.id}
        )
        self.internal.action_archive()
        gone = (self.workspace | inner | closed).ids
        self.assertFalse(self.service.read(folders=gone, files=[file.id, secret.id])["files"])
        self.assertFalse(self.service.read(folders=gone)["folders"])
        self.internal.action_unarchive()
        rows = self.service.read(folders=gone, files=[file.id, secret.id])
        self.assertEqual(len(rows["folders"]), 3)
        self.assertEqual({row["folder"] for row in rows["files"]}, {inner.id, closed.id})

    def test_other_records_folders_outlive_a_workspace(self):
        partner = self.env["res.partner"].create({"name": "Azure"})
        rule_folder = self.folder(self.workspace, "Partners", kind="rule")
        home = self.record_folder(rule_folder, partner)
        self.internal.action_archive()
        self.assertFalse(home.trashed_at)
        self.assertEqual(home.parent_id, self.root)
        self.internal.unlink()
        self.assertTrue(home.exists())
        self.assertFalse(self.workspace.exists())
