from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import AttacheCase


@tagged("post_install", "-at_install")
class TestEditors(AttacheCase):
    """What only some people change."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        manager = cls.env.ref("base.group_partner_manager")
        (cls.clerk | cls.other).write({"group_ids": [Command.link(manager.id)]})
        cls.partner = cls.env["res.partner"].create({"name": "Partner"})
        cls.home = cls.record_folder(cls.root, cls.partner)
        cls.kept = cls.folder(cls.home, "Kept", editor_user_ids=[Command.link(cls.clerk.id)])
        cls.inner = cls.folder(cls.kept, "Inner")
        # Whoever makes a folder changes it: here somebody whom nobody looks at.
        cls.env.flush_all()
        cls.env.cr.execute("UPDATE attache_folder SET create_uid = 1 WHERE create_uid IS NOT NULL")
        cls.env.invalidate_all()

    def writers(self, record, operation="write"):
        return [
            user.login
            for user in (self.clerk, self.other)
            if record.with_user(user).has_access(operation)
        ]

    def test_b86_only_editors_change_a_folder_that_names_some(self):
        for folder in (self.kept, self.inner):
            self.assertEqual(self.seen(self.other, folder), folder)
            for operation in ("write", "unlink", "create"):
                self.assertEqual(self.writers(folder, operation), ["clerk"])
        self.assertEqual(self.writers(self.home), ["clerk", "other"])
        group = self.env["res.groups"].create({"name": "G"})
        self.other.write({"group_ids": [(4, group.id)]})
        self.kept.with_user(self.clerk).editor_group_ids = group
        self.assertEqual(self.writers(self.inner), ["clerk", "other"])

    def test_b86_whoever_made_it_and_administrators_are_editors(self):
        mine = self.env["attache.folder"].with_user(self.other).create(
            {"name": "x", "parent_id": self.home.id, "editor_user_ids": [(4, self.clerk.id)]}
        )
        self.assertEqual(self.writers(mine), ["clerk", "other"])
        self.assertEqual(self.writers(self.kept), ["clerk"])
        self.other.write({"group_ids": [(4, self.env.ref("attache.group_admin").id)]})
        self.assertEqual(self.writers(self.kept), ["clerk", "other"])

    def test_every_folder_above_names_its_own_editors(self):
        self.inner.editor_user_ids = self.other
        self.assertEqual(self.writers(self.inner), [])
        self.kept.editor_user_ids += self.other
        self.assertEqual(self.writers(self.inner), ["other"])

    def test_editors_need_the_right_to_the_record_too(self):
        self.clerk.write({"group_ids": [(3, self.env.ref("base.group_partner_manager").id)]})
        self.assertEqual(self.writers(self.kept), [])

    def test_files_there_are_changed_by_editors_alone(self):
        file = self.attach(self.partner)
        self.assertEqual(self.writers(file), ["clerk", "other"])
        file.attache_folder_id = self.inner
        loose = self.attach(self.partner, "loose.txt")
        self.assertTrue(file.with_user(self.other).has_access("read"))
        self.assertEqual(self.writers(file), ["clerk"])
        self.assertEqual(self.writers(file, "unlink"), ["clerk"])
        others = file.with_user(self.other)
        for act in (
            lambda: others.write({"name": "x"}),
            lambda: others.write({"attache_folder_id": self.home.id}),
            lambda: others.unlink(),
            lambda: loose.with_user(self.other).write({"attache_folder_id": self.kept.id}),
            lambda: others.create({"name": "x", "raw": b"x", "attache_folder_id": self.kept.id}),
        ):
            with self.assertRaises(AccessError), self.cr.savepoint():
                act()
        loose.with_user(self.clerk).attache_folder_id = self.kept
        self.assertEqual(loose.attache_folder_id, self.kept)

    def test_files_without_a_record_follow_their_folder(self):
        top = self.folder(self.root, "Top", editor_user_ids=[(4, self.clerk.id)])
        closed = self.folder(top, "Closed", user_ids=[(4, self.clerk.id)])
        file = self.env["ir.attachment"].create(
            {"name": "x", "raw": b"x", "attache_folder_id": closed.id}
        )
        self.env.cr.execute("UPDATE attache_folder SET create_uid = 1")
        self.env.invalidate_all()
        self.assertEqual((file.res_model, file.res_id), ("attache.folder", closed.id))
        self.assertEqual(self.writers(file, "read"), ["clerk"])
        closed.action_open()
        self.assertEqual(self.writers(file, "read"), ["clerk", "other"])
        self.assertEqual(self.writers(file), ["clerk"])

    def test_no_token_changes_a_file_there(self):
        file = self.attach(self.partner)
        token = file._get_ownership_token()
        reader = self.env.ref("base.public_user")
        owned = file.with_user(reader).sudo()._has_attachments_ownership
        self.assertTrue(owned([token]))
        file.attache_folder_id = self.kept
        self.assertFalse(owned([token]))

    def test_a_folder_is_moved_by_editors_of_both_places_alone(self):
        loose = self.folder(self.home, "Loose")
        for folder, parent in ((self.inner, self.home), (loose, self.kept)):
            with self.assertRaises(AccessError), self.cr.savepoint():
                folder.with_user(self.other).parent_id = parent
            folder.with_user(self.clerk).parent_id = parent
            self.assertEqual(folder.parent_id, parent)

    def test_b87_whoever_may_not_change_what_is_below_moves_nothing(self):
        mine = self.folder(self.home, "Mine")
        self.kept.parent_id = mine
        with self.assertRaises(AccessError), self.cr.savepoint():
            mine.with_user(self.other).parent_id = self.root
        self.inner.sudo()._trash()  # what is in the trash stands in nobody's way
        mine.with_user(self.clerk).parent_id = self.root
        self.assertEqual(mine.parent_id, self.root)

    # -- who is listed --------------------------------------------------------------------

    def test_the_last_editor_deleted_lets_nobody_in(self):
        self.clerk.unlink()
        self.env.invalidate_all()
        self.assertFalse(self.kept.editor_user_ids)
        self.assertFalse(self.kept.with_user(self.other).has_access("write"))

    def test_an_emptied_list_lets_everybody_in(self):
        self.kept.with_user(self.clerk).editor_user_ids = False
        self.assertEqual(self.writers(self.kept), ["clerk", "other"])
        self.kept.editor_user_ids = self.clerk
        self.assertEqual(self.writers(self.kept), ["clerk"])

    def test_an_archived_editor_still_counts(self):
        self.clerk.active = False
        self.kept.name = "Renamed"
        self.kept.editor_group_ids = False
        self.assertFalse(self.kept.with_user(self.other).has_access("write"))

    def test_nobody_says_by_hand_that_there_are_no_editors(self):
        mine = self.kept.with_user(self.clerk)
        mine.write({"editors_only": False})
        self.assertTrue(self.kept.editors_only)
        copy = self.kept.copy()
        self.assertEqual((copy.editor_user_ids, copy.editors_only), (self.clerk, True))

    def test_a_folder_made_again_for_its_people_has_its_editors(self):
        self.kept.user_ids = self.clerk | self.other
        file = self.attach(self.partner)
        file.attache_folder_id = self.kept
        self.kept.unlink()
        self.env["attache.trash"].search([("attachment_id", "=", file.id)]).action_restore()
        again = file.attache_folder_id
        self.assertEqual((again.name, again.editor_user_ids), ("Kept", self.clerk))
        self.assertEqual(self.writers(file, "read"), ["clerk", "other"])
        self.assertEqual(self.writers(file), ["clerk"])

    def test_the_form_says_who_changes_the_folder(self):
        with Form(self.kept) as form:
            form.editor_user_ids.add(self.other)
        self.assertEqual(self.writers(self.kept), ["clerk", "other"])
