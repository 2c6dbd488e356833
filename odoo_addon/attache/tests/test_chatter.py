from odoo.exceptions import AccessError
from odoo.http import Request
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.mail.tools.discuss import Store

from .common import AttacheCase


@tagged("post_install", "-at_install")
class TestChatter(AttacheCase, HttpCase):
    """What the chatter learns of folders, and files that it sends into one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.env["res.partner"].create({"name": "Azure"})
        cls.home = cls.record_folder(cls.root, cls.partner)
        cls.below = cls.folder(cls.home, "Contracts")
        cls.editor = new_test_user(
            cls.env, "chatter_editor", "base.group_user,base.group_partner_manager"
        )

    def told(self, record, user=None):
        """What the chatter is told of a record's folder; None when nothing."""
        record = record.with_user(user or self.env.user)
        store = Store().add(record, [], request_list=["attachments"], as_thread=True)
        [thread] = store.get_result()["mail.thread"]
        return thread.get("attache_folder_id")

    def test_b43_the_chatter_learns_whether_a_record_has_a_folder(self):
        self.assertEqual(self.told(self.partner), self.home.id)
        self.assertIs(self.told(self.env["res.partner"].create({"name": "Plain"})), False)

    def test_b43_a_folder_that_one_does_not_see_is_none(self):
        self.home.sudo().write({"trashed_at": "2026-01-01 00:00:00"})
        self.assertIs(self.told(self.partner, self.editor), False)

    def upload(self, folder, **more):
        return self.url_open(
            "/mail/attachment/upload",
            data={
                "csrf_token": Request.csrf_token(self),
                "thread_id": self.partner.id,
                "thread_model": "res.partner",
                "attache_folder_id": folder.id,
                **more,
            },
            files={"ufile": ("new.txt", b"new", "text/plain")},
        ).json()

    def test_b45_a_file_from_the_chatter_goes_into_the_folder_it_names(self):
        self.authenticate("chatter_editor", "chatter_editor")
        told = self.upload(self.below)
        file = self.env["ir.attachment"].browse(told["data"]["attachment_id"])
        self.assertEqual(file.attache_folder_id, self.below)
        [shown] = told["data"]["store_data"]["ir.attachment"]
        self.assertEqual(shown["attache_folder_id"], self.below.id)

    def test_b45_a_file_that_its_folder_refuses_is_not_kept(self):
        self.below.user_ids = self.other
        self.assertRaises(AccessError, self.below.with_user(self.editor).check_access, "write")
        self.authenticate("chatter_editor", "chatter_editor")
        told = self.upload(self.below)
        self.assertIn("error", told)
        mine = [("res_model", "=", "res.partner"), ("res_id", "=", self.partner.id)]
        self.assertFalse(self.env["ir.attachment"].search([*mine, ("name", "=", "new.txt")]))
