from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import WorkspaceCase


@tagged("post_install", "-at_install")
class TestRights(WorkspaceCase):
    """Nobody sees by Attaché what Documents does not show."""

    def test_b33_a_workspace_is_seen_by_whom_its_folder_is(self):
        self.assertEqual(self.seen(self.clerk, self.workspace), self.workspace)
        self.internal.access_internal = "none"
        self.assertFalse(self.seen(self.clerk, self.workspace))
        self.internal.access_ids = [
            (0, 0, {"partner_id": self.clerk.partner_id.id, "role": "view"})
        ]
        self.assertEqual(self.seen(self.clerk, self.workspace), self.workspace)
        self.assertFalse(self.seen(self.other, self.workspace))

    def test_b33_viewers_read_and_editors_write(self):
        self.internal.access_internal = "view"
        document = self.document(
            "a.txt", folder_id=self.internal.id, access_internal="view", raw=b"a"
        )
        file = document.attachment_id.with_user(self.clerk)
        self.assertEqual(file.raw, b"a")
        with self.assertRaises(AccessError):
            file.write({"name": "b.txt"})
        with self.assertRaises(AccessError):
            file.create({"name": "n", "raw": b"n", "attache_folder_id": self.workspace.id})
        with self.assertRaises(AccessError):
            self.env["attache.folder"].with_user(self.clerk).create(
                {"name": "Mine", "parent_id": self.workspace.id}
            )
        self.internal.access_internal = "edit"
        made = file.create({"name": "n", "raw": b"n", "attache_folder_id": self.workspace.id})
        self.assertEqual(self.showing(made).folder_id, self.internal)

    def test_a_file_is_seen_by_whom_its_document_is(self):
        document = self.document(
            "a.txt", folder_id=self.internal.id, access_internal="none", raw=b"a"
        )
        file = document.attachment_id
        mine = self.env["ir.attachment"].with_user(self.clerk)
        self.assertFalse(mine.search([("attache_folder_id", "=", self.workspace.id)]))
        with self.assertRaises(AccessError):
            mine.browse(file.id).read(["raw"])
        document.access_internal = "view"
        self.assertEqual(mine.browse(file.id).raw, b"a")

    def test_nobody_puts_a_file_where_only_others_write(self):
        hidden = self.document("Hidden", type="folder")
        folder = self.workspace_of(self.root, hidden)
        file = self.document("a.txt", folder_id=self.internal.id, raw=b"a").attachment_id
        with self.assertRaises(AccessError):
            file.with_user(self.clerk).write({"attache_folder_id": folder.id})
