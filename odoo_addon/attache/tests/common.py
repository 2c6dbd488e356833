import uuid

from odoo.tests import TransactionCase


class AttacheCase(TransactionCase):
    """A connection with its root, and people with few rights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection = cls.env["attache.connection"].create(
            {"name": "Cloud", "uuid": str(uuid.uuid4())}
        )
        cls.connection.sudo()._ensure_root()
        cls.root = cls.connection.root_id
        cls.clerk = cls.user("clerk")
        cls.other = cls.user("other")

    @classmethod
    def user(cls, login, *groups):
        groups = [cls.env.ref(group).id for group in ("base.group_user", *groups)]
        return cls.env["res.users"].create(
            {"name": login, "login": login, "group_ids": [(6, 0, groups)]}
        )

    @classmethod
    def folder(cls, parent, name, **vals):
        return cls.env["attache.folder"].create({"parent_id": parent.id, "name": name, **vals})

    @classmethod
    def record_folder(cls, parent, record):
        return cls.folder(
            parent,
            record.display_name,
            kind="record",
            record_model=record._name,
            record_id=record.id,
        )

    @classmethod
    def attach(cls, record, name="a.txt", raw=b"bytes"):
        return cls.env["ir.attachment"].create(
            {"name": name, "raw": raw, "res_model": record._name, "res_id": record.id}
        )

    def seen(self, user, folders):
        """Those of the folders that the user sees, by every way of asking."""
        mine = folders.with_user(user)
        found = mine.search([("id", "in", folders.ids)])
        self.assertEqual(found, mine._filtered_access("read").sorted())
        self.assertEqual(found, mine.search([]) & mine)
        tops = folders.filtered(lambda folder: not folder.parent_id & folders)
        self.assertEqual(found, mine.search([("id", "child_of", tops.ids)]) & mine)
        parents = folders.parent_id.ids
        listed = mine.search(["|", ("parent_id", "in", parents), ("parent_id", "=", False)])
        self.assertEqual(found, listed & mine)
        return found.with_user(self.env.user)
