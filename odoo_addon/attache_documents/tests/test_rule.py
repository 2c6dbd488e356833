from odoo.tests import Form, tagged

from .common import WorkspaceCase


@tagged("post_install", "-at_install")
class TestRule(WorkspaceCase):
    """A rule on Documents makes folders of folders, with all below."""

    def rule(self, **vals):
        model = self.env["ir.model"]._get("documents.document")
        return self.env["attache.rule"].create(
            {"model_id": model.id, "connection_id": self.connection.id, **vals}
        )

    def test_b29_b30_a_workspace_rule_is_about_folders_and_all_below_them(self):
        rule = self.rule(domain="[('name', 'ilike', 'Internal')]")
        self.assertEqual((rule.nest_field_id.name, rule.below), ("folder_id", True))
        wire = rule._to_wire()
        self.assertEqual((wire["nest_field"], wire["below"]), ("folder_id", True))
        found = self.Documents.search(wire["domain"])
        self.assertIn(self.internal, found)
        self.document("Internal note", type="binary", raw=b"x")
        self.assertEqual(self.Documents.search(wire["domain"]), found)

    def test_the_form_chooses_what_a_workspace_needs(self):
        with Form(self.env["attache.rule"]) as form:
            form.model_id = self.env["ir.model"]._get("documents.document")
            form.connection_id = self.connection
        rule = form.record
        self.assertEqual((rule.nest_field_id.name, rule.below), ("folder_id", True))
        self.assertFalse(rule.workspace_hint)

    def test_the_sidecar_reads_folders_alone(self):
        self.rule()
        inner = self.document("Inner", type="folder", folder_id=self.internal.id)
        self.document("file", folder_id=self.internal.id, raw=b"x")
        found = self.service.search_read(
            model="documents.document",
            domain=[["folder_id", "in", [self.internal.id]]],
            fields=["display_name"],
        )
        self.assertEqual([row["id"] for row in found], inner.ids)

    def test_a_rule_of_another_model_is_left_alone(self):
        model = self.env["ir.model"]._get("res.partner")
        rule = self.rule(model_id=model.id)
        self.assertFalse(rule.nest_field_id)
        self.assertFalse(rule._to_wire()["nest_field"])

    def test_the_end_of_workspaces_leaves_documents_and_what_is_for_some(self):
        rule = self.rule()
        document = self.document("a.txt", folder_id=self.internal.id, raw=b"a")
        closed = self.env["attache.folder"].create(
            {"name": "Few", "parent_id": self.workspace.id, "user_ids": [(4, self.clerk.id)]}
        )
        secret = self.env["ir.attachment"].create(
            {"name": "s.txt", "raw": b"s", "attache_folder_id": closed.id}
        )
        rule._end_workspaces()
        self.assertFalse(rule.active)
        self.assertEqual((self.workspace.stopped, self.workspace.in_scope), (True, False))
        self.assertEqual((document.attachment_id.raw, secret.attache_folder_id), (b"a", closed))
        self.assertFalse(document.attachment_id.attache_folder_id)
        self.workspace._adopt()
        self.assertEqual(document.attachment_id.attache_folder_id, self.workspace)

    def test_the_preset_makes_a_workspace_rule(self):
        preset = self.env.ref("attache.preset_workspaces")
        preset.connection_id = self.connection
        rule = self.env["attache.rule"].search(preset.action_use()["domain"])
        self.assertEqual((rule.model, rule.below), ("documents.document", True))
        found = self.Documents.search(rule._to_wire()["domain"])
        self.assertIn(self.internal, found)
