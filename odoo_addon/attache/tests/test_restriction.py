from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from odoo.addons.mail.tools.discuss import Store

from .common import AttacheCase


@tagged("post_install", "-at_install")
class TestRestriction(AttacheCase):
    """What is for some people only stays so, whatever goes: people, folders, records."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boss = cls.user("boss", "attache.group_admin")
        cls.clerk.group_ids += cls.env.ref("base.group_partner_manager")
        cls.partner = cls.env["res.partner"].create({"name": "Partner"})
        cls.home = cls.record_folder(cls.root, cls.partner)
        cls.secret = cls.folder(cls.home, "Secret", user_ids=[Command.link(cls.clerk.id)])
        # Whoever makes a folder sees it: here somebody whom nobody looks at.
        cls.env.flush_all()
        cls.env.cr.execute("UPDATE attache_folder SET create_uid = 1 WHERE create_uid IS NOT NULL")
        cls.env.invalidate_all()

    def hide(self, folder=None):
        """A file of the partner, moved to a folder for some people only."""
        file = self.attach(self.partner)
        file.attache_folder_id = folder or self.secret
        return file

    def readers(self, file):
        return [
            user.login
            for user in (self.clerk, self.other, self.boss)
            if file.with_user(user).has_access("read")
        ]

    def trash(self, file):
        return self.env["attache.trash"].search([("attachment_id", "=", file.id)])

    # -- people go ------------------------------------------------------------------------

    def test_the_last_user_deleted_leaves_the_folder_closed(self):
        file = self.hide()
        self.assertEqual(self.readers(file), ["clerk"])
        self.clerk.unlink()
        self.env.invalidate_all()
        self.assertFalse(self.secret.user_ids)
        self.assertTrue(self.secret.restricted and self.secret.deserted)
        self.assertFalse(self.seen(self.other, self.secret))
        self.assertFalse(file.with_user(self.other).has_access("read"))
        # An administrator sees it to open it.
        self.assertEqual(self.seen(self.boss, self.secret), self.secret)
        self.assertTrue(file.with_user(self.boss).has_access("read"))

    def test_the_last_group_deleted_leaves_the_folder_closed(self):
        group = self.env["res.groups"].create({"name": "G", "user_ids": [(4, self.other.id)]})
        self.secret.write({"user_ids": [Command.clear()], "group_ids": [(4, group.id)]})
        file = self.hide()
        self.assertEqual(self.readers(file), ["other"])
        group.unlink()
        self.env.invalidate_all()
        self.assertEqual(self.readers(file), ["boss"])

    def test_an_emptied_list_is_opened_by_an_administrator_alone(self):
        file = self.hide()
        self.assertFalse(self.secret.deserted)
        mine = self.secret.with_user(self.clerk)
        with self.assertRaisesRegex(AccessError, "Administration"):
            mine.action_open()
        with self.assertRaisesRegex(AccessError, "Administration"):
            mine.write({"restricted": False, "user_ids": [Command.clear()]})
        mine.user_ids = False
        self.assertEqual(self.readers(file), ["boss"])
        self.boss.group_ids += self.env.ref("base.group_partner_manager")
        self.secret.with_user(self.boss).action_open()
        self.assertFalse(self.secret.restricted)
        self.assertEqual(self.readers(file), ["clerk", "other", "boss"])

    def test_the_form_says_that_an_emptied_list_stays_closed(self):
        with Form(self.secret) as form:
            self.assertTrue(form.restricted)
            self.assertFalse(form.deserted)
            form.user_ids.remove(id=self.clerk.id)
            self.assertTrue(form.restricted and form.deserted)
        self.assertTrue(self.secret.restricted and self.secret.deserted)

    def test_opening_a_folder_empties_its_lists(self):
        self.secret.action_open()
        self.assertFalse(self.secret.user_ids or self.secret.group_ids or self.secret.restricted)
        self.secret.write({"restricted": False, "user_ids": [(4, self.clerk.id)]})
        self.assertTrue(self.secret.restricted)
        self.assertTrue(self.secret.copy().restricted)

    # -- folders go -----------------------------------------------------------------------

    def test_a_file_of_a_deleted_folder_is_restored_for_the_same_people(self):
        files = self.hide() | self.hide(self.folder(self.secret, "Inner"))
        self.secret.unlink()
        for file in files:
            self.assertFalse(file.with_user(self.clerk).has_access("read"))
            self.trash(file).action_restore()
        again = files.attache_folder_id
        self.assertEqual((again.name, again.parent_id), ("Secret", self.home))
        self.assertTrue(again.restricted)
        self.assertEqual(self.readers(files[0]), ["clerk"])
        self.assertEqual(self.readers(files[1]), ["clerk"])

    def test_a_file_of_a_folder_deleted_in_the_cloud_is_restored_for_the_same_people(self):
        file = self.hide()
        file._attache_trash("cloud")
        self.secret._trash()
        self.trash(file).action_restore()
        self.assertEqual(file.attache_folder_id.parent_id, self.home)
        self.assertEqual(self.readers(file), ["clerk"])

    def test_nobody_deletes_a_folder_with_one_below_that_is_hidden_from_them(self):
        self.other.group_ids += self.env.ref("base.group_partner_manager")
        above = self.folder(self.home, "Above")
        self.secret.parent_id = above
        with self.assertRaises(AccessError), self.cr.savepoint():
            above.with_user(self.other).unlink()
        above.with_user(self.clerk).unlink()
        self.assertFalse(self.secret.exists())

    def test_the_trash_knows_who_saw_a_folder_last(self):
        open_folder = self.folder(self.home, "Open")
        file = self.hide(open_folder)
        file._attache_trash("odoo")
        open_folder.user_ids = self.clerk
        open_folder.unlink()
        self.trash(file).action_restore()
        self.assertEqual(self.readers(file), ["clerk"])

    def test_people_deleted_meanwhile_leave_the_restored_file_closed(self):
        file = self.hide()
        self.secret.unlink()
        self.clerk.unlink()
        self.env.invalidate_all()
        self.trash(file).action_restore()
        self.assertEqual(file.with_user(self.other).has_access("read"), False)
        self.assertEqual(file.attache_folder_id.name, "Secret")

    def test_a_restored_file_does_not_rise_above_its_record(self):
        file = self.attach(self.partner)
        file._attache_trash("cloud")
        (self.home | self.secret)._trash()
        self.trash(file).action_restore()
        # Not in the root, which everybody sees.
        self.assertEqual((file.res_model, file.res_id), ("res.partner", self.partner.id))
        self.assertFalse(file.attache_folder_id)

    def test_without_a_folder_to_keep_it_in_nothing_is_restored(self):
        file = self.hide()
        file._attache_trash("cloud")
        (self.home | self.secret)._trash()
        with self.assertRaisesRegex(UserError, "for some people only"):
            self.trash(file).action_restore()

    def test_a_connection_is_not_deleted_from_under_its_folders(self):
        with self.assertRaisesRegex(UserError, "Archive"):
            self.connection.unlink()

    # -- files go -------------------------------------------------------------------------

    def test_a_file_that_code_gives_to_another_record_stays_restricted(self):
        file, other = self.hide(), self.env["res.partner"].create({"name": "Other"})
        home = self.record_folder(self.root, other)
        file.write({"res_model": "res.partner", "res_id": self.partner.id})
        self.assertEqual(file.attache_folder_id, self.secret)
        file.write({"res_id": other.id})
        self.assertEqual(file.attache_folder_id.parent_id, home)
        self.assertEqual(self.readers(file), ["clerk"])
        file.write({"res_model": "res.users", "res_id": self.other.id})  # has no folder
        self.assertEqual(self.readers(file), ["clerk"])

    def test_merged_contacts_keep_their_files_out_of_the_trash(self):
        into = self.env["res.partner"].create({"name": "Into"})
        home = self.record_folder(self.root, into)
        file, hidden = self.attach(self.partner), self.hide()
        # Odoo merges with all rights, in the name of somebody who is kept out.
        env = self.env(user=self.other, su=True)
        merge = env["base.partner.merge.automatic.wizard"].create({})
        merge._merge((self.partner | into).ids, into.with_env(env))
        self.assertFalse(self.partner.exists())
        self.assertEqual((file.res_id, file.attache_folder_id), (into.id, home))
        self.assertEqual(hidden.res_id, into.id)
        self.assertEqual(hidden.attache_folder_id.parent_id, home)
        self.assertEqual(self.readers(hidden), ["clerk"])

    # -- messages and tokens --------------------------------------------------------------

    def shown(self, message, user):
        """Names of the files that a message shows, as the web client is told."""
        data = Store().add(message.with_user(user)).get_result()
        return [file["name"] for file in data.get("ir.attachment", [])]

    def test_messages_show_no_file_while_it_is_for_some_people_only(self):
        file, inner = self.attach(self.partner), self.folder(self.secret, "Inner")
        message = self.partner.message_post(body="see", attachment_ids=file.ids)
        self.assertEqual(self.shown(message, self.other), ["a.txt"])
        file.attache_folder_id = inner
        self.assertEqual(self.shown(message, self.other), [])
        self.assertFalse(message.sudo().attachment_ids)  # what other apps' pages read
        self.secret.action_open()
        self.assertEqual(self.shown(message, self.other), ["a.txt"])
        self.secret.user_ids = self.clerk
        self.assertEqual(self.shown(message, self.other), [])
        inner.parent_id = self.home
        self.assertEqual(self.shown(message, self.other), ["a.txt"])

    def test_messages_show_a_restored_file_again_when_it_is_for_everybody(self):
        file = self.attach(self.partner)
        message = self.partner.message_post(body="see", attachment_ids=file.ids)
        file.attache_folder_id = self.secret
        file._attache_trash("odoo")
        self.trash(file).action_restore()
        self.assertEqual(self.shown(message, self.clerk), [])
        self.secret.action_open()
        self.assertEqual(self.shown(message, self.clerk), ["a.txt"])

    def test_messages_show_a_file_again_that_was_deleted_in_odoo_and_restored(self):
        file = self.attach(self.partner)
        message = self.partner.message_post(body="see", attachment_ids=file.ids)
        file.unlink()
        self.assertEqual(self.shown(message, self.clerk), [])
        self.env["attache.trash"].search([], limit=1).action_restore()
        self.assertEqual(self.shown(message, self.clerk), ["a.txt"])

    def test_the_sidecar_moves_a_file_out_of_messages(self):
        file = self.attach(self.partner)
        message = self.partner.message_post(body="see", attachment_ids=file.ids)
        service = self.env["attache.service"]
        service = service.with_user(service.sudo()._service_user())
        item = {"op": "place", "id": file.id, "folder": self.secret.id, "name": "b.txt"}
        self.assertTrue(service.apply_files([item])[0]["ok"])
        self.assertEqual(self.shown(message, self.other), [])

    def test_nobody_mails_a_file_out_of_a_folder_for_some_people(self):
        file = self.hide()
        self.assertFalse(file.with_user(self.other).has_access("read"))
        self.other.group_ids += self.env.ref("base.group_partner_manager")
        mine, clerks = self.partner.with_user(self.other), self.partner.with_user(self.clerk)
        with self.assertRaises(AccessError), self.cr.savepoint():
            mine.message_post(body="x", attachment_ids=file.ids)
        message = mine.message_post(body="x")
        for act in (
            lambda: clerks.message_post(body="x", attachment_ids=file.ids),
            lambda: mine.sudo().message_post(body="x", attachment_ids=file.ids),
            lambda: message.sudo().write({"attachment_ids": [(4, file.id)]}),
            lambda: self.env["mail.mail"].create({"attachment_ids": [(4, file.id)]}),
        ):
            with self.assertRaisesRegex(UserError, "for some people only"), self.cr.savepoint():
                act()

    def test_no_main_attachment_is_for_some_people_only(self):
        if "account.move" not in self.env:
            self.skipTest("needs a model with a main attachment")
        move = self.env["account.move"].search([], limit=1)
        home = self.record_folder(self.root, move)
        file = self.attach(move)
        move.message_main_attachment_id = file
        file.attache_folder_id = self.folder(home, "S", user_ids=[(4, self.clerk.id)])
        self.assertFalse(move.message_main_attachment_id)

    def test_no_token_owns_what_is_hidden_or_in_the_trash(self):
        file = self.attach(self.partner)
        token = file._get_ownership_token()
        reader = self.env.ref("base.public_user")

        def owned(user):
            return file.with_user(user).sudo()._has_attachments_ownership([token])

        self.assertTrue(owned(reader))
        file.attache_folder_id = self.secret
        self.assertFalse(owned(reader))
        self.assertTrue(owned(self.clerk))
        file._attache_trash("odoo")
        self.assertFalse(owned(self.clerk))

    def test_pages_for_visitors_list_no_file_that_is_hidden_from_them(self):
        shown, file = self.attach(self.partner), self.hide()
        group = self.env.ref("base.group_portal")
        portal = self.env["res.users"].create(
            {"name": "P", "login": "p", "group_ids": [Command.set(group.ids)]}
        )
        mine = [("res_model", "=", "res.partner"), ("res_id", "=", self.partner.id)]
        for user, seen in ((portal, shown), (self.other, shown | file)):
            # What such a page does: all rights, and the visitor's name.
            self.assertEqual(file.with_user(user).sudo().search(mine).sorted("id"), seen)
        self.secret.with_user(portal).sudo().unlink()
        self.assertEqual(file.res_model, "attache.trash")

    def test_no_default_places_a_file_or_makes_a_folder_automatic(self):
        mine = self.env["ir.attachment"].with_user(self.other)
        file = mine.with_context(default_attache_folder_id=self.secret.id, default_attache_key="k")
        file = file.create({"name": "x", "raw": b"x"})
        self.assertFalse(file.attache_folder_id or file.sudo().attache_key)
        folders = self.env["attache.folder"].with_user(self.clerk).with_context(
            default_kind="rule", default_key="k", default_restricted=False
        )
        made = folders.create({"name": "x", "parent_id": self.home.id, "user_ids": [(4, 2)]})
        self.assertEqual((made.kind, made.key, made.restricted), ("manual", False, True))

    def test_attache_is_not_uninstalled_from_over_restricted_files(self):
        module = self.env["ir.module.module"].search([("name", "=", "attache")])
        self.hide()
        with self.assertRaisesRegex(UserError, "1 files are for some people only"):
            module.button_uninstall()
        self.secret.action_open()
        module._attache_check_uninstall()

    def test_no_address_serves_what_is_hidden_or_in_the_trash(self):
        file = self.hide()
        file.sudo().write({"url": "/secret.txt", "public": True})
        with self.assertRaises(AccessError):
            file.with_user(self.other).sudo()._to_http_stream()
        file._attache_trash("odoo")
        with self.assertRaises(AccessError):
            file.with_user(self.clerk).sudo()._to_http_stream()
