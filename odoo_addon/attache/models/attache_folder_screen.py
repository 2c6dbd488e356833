from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL

PAGE = 200
BOX_LIMIT = 2000
FIND_LIMIT = 80
COUNT_LIMIT = 1000


class AttacheFolder(models.Model):
    """What the screens ask about folders. Everything is searched with the reader's own rights, and
    each question costs the same number of queries however many folders there are."""

    _inherit = "attache.folder"  # pylint: disable=consider-merging-classes-inherited

    starred_user_ids = fields.Many2many(
        "res.users",
        "attache_folder_star_rel",
        "folder_id",
        "user_id",
        "Starred by",
        copy=False,
        groups="base.group_system",
    )

    # -- questions ------------------------------------------------------------------------

    @api.model
    @api.readonly
    def read_children(self, parent_id=False, offset=0, limit=PAGE):
        """One page of the folders in a folder; without one, those that nothing is above."""
        domain = [("parent_id", "=", parent_id)]
        folders = self.search(domain, offset=offset, limit=limit)
        more = offset or len(folders) == limit
        length = self.search_count(domain) if more else len(folders)
        return {"folders": folders._for_screen(), "length": length}

    @api.model
    @api.readonly
    def read_place(self, folder_id):
        """The way from the top down to a folder, and how many files lie in it. False when it is
        gone, or not for this reader."""
        folder = self.search([("id", "=", folder_id)])
        if not folder:
            return False
        files = self.env["ir.attachment"].search_count([("attache_folder_id", "=", folder.id)])
        return {"path": (folder.sudo()._path().sudo(False))._for_screen(), "files": files}

    @api.model
    @api.readonly
    def find_folders(self, text, limit=FIND_LIMIT):
        """Folders by their name, each with the way to it."""
        if not (text or "").strip():
            return {"folders": [], "length": 0}
        domain = [("name", "ilike", text.strip()), ("kind", "!=", "root")]
        folders = self.search(domain, limit=limit)
        full = len(folders) == limit
        length = self.search_count(domain, limit=COUNT_LIMIT) if full else len(folders)
        above = {folder: folder._above() for folder in folders.sudo()}
        answer = folders._for_screen()
        for shown, folder in zip(answer, folders.sudo(), strict=True):
            shown["path"] = [[step.id, step.name] for step in above[folder]]
        return {"folders": answer, "length": length}

    @api.model
    @api.readonly
    def read_box(self, res_model, res_id):
        """The folder of a record and all below it that belongs to the record."""
        nothing = {"folder": False, "folders": [], "more": False, "can_write": False}
        home = self._homes({(res_model, res_id)}).get((res_model, res_id))
        folder = self.search([("id", "=", home)]) if home else self
        if not folder:
            return nothing
        below = self.search(
            [
                ("id", "child_of", folder.id),
                ("id", "!=", folder.id),
                ("res_model", "=", res_model),
                ("res_id", "=", res_id),
            ],
            limit=BOX_LIMIT + 1,
        )
        more, below = len(below) > BOX_LIMIT, below[:BOX_LIMIT]
        depth = {one.id: (one.parent_path or "").count("/") for one in below.sudo()}
        shown = (folder + below.sorted(lambda one: depth[one.id]))._for_screen()
        return {
            "folder": shown[0],
            "folders": shown[1:],
            "more": more,
            "can_write": shown[0]["can_write"],
        }

    @api.model
    @api.readonly
    def refusal(self, folder_id):
        """Why people neither move nor rename an automatic folder, and which rule to change."""
        folder = self.search([("id", "=", folder_id)])
        if not folder or folder.kind == "manual":
            return False
        said = {
            "root": self.env._("%s is the root of a connection and stays at the top.", folder.name),
            "shortcut": self.env._(
                "%s leads to the folder of a record, which stands elsewhere.", folder.name
            ),
        }
        by_rule = self.env._(
            "%s is made by a rule, which decides where it stands and what it is called. "
            "Change the rule, or the record.",
            folder.name,
        )
        admin = self.env.user.has_group("attache.group_admin")
        rule = folder.sudo().rule_id.id if admin else False
        return {"message": said.get(folder.kind, by_rule), "rule_id": rule}

    # -- stars ----------------------------------------------------------------------------

    @api.model
    def set_starred(self, ids, starred):
        """Puts folders among one's own starred ones, or takes them out."""
        folders = self.browse(ids)
        folders.check_access("read")
        command = Command.link if starred else Command.unlink
        # Not by `write`: a star is the reader's own and changes nothing of the folder.
        super(AttacheFolder, folders.sudo()).write({"starred_user_ids": [command(self.env.uid)]})
        return True

    @api.model
    @api.readonly
    def read_starred(self):
        """One's own starred folders."""
        mine = self.sudo().search([("starred_user_ids", "in", self.env.uid)]).ids
        return self.search([("id", "in", mine)])._for_screen()

    # -- the shape ------------------------------------------------------------------------

    def _for_screen(self):
        """What the screens show of these folders, in their order."""
        if not self:
            return []
        groups = self._read_group([("parent_id", "in", self.ids)], ["parent_id"])
        parents = {parent.id for (parent,) in groups}
        writable = set(self._filtered_access("write").ids)
        starred = self._starred()
        archived = set(self._archived().ids)
        homes = self.sudo()._shortcut_homes()
        rules = self.env.user.has_group("attache.group_admin")
        return [
            {
                "id": folder.id,
                "name": folder.name,
                "kind": folder.kind,
                "parent_id": folder.parent_id.id,
                "has_children": folder.id in parents,
                "res_model": folder.res_model or False,
                "res_id": folder.res_id or False,
                "record_model": folder.kind in ("record", "shortcut") and folder.record_model,
                "record_id": folder.kind in ("record", "shortcut") and folder.record_id,
                "connection_id": folder.connection_id.id,
                "rule_id": rules and folder.rule_id.id,
                "in_scope": folder.in_scope,
                "stopped": folder.stopped,
                "archived": folder.id in archived,
                "restricted": folder.kind == "manual" and folder.restricted,
                "deserted": folder.deserted,
                "can_write": folder.kind != "shortcut" and folder.id in writable,
                "can_change": folder.kind == "manual" and folder.id in writable,
                "home_id": homes.get(folder.id, False),
                "web_url": folder.kind == "root" and folder.connection_id.web_url,
                "starred": folder.id in starred,
            }
            for folder in self.sudo()
        ]

    def _starred(self):
        field = self._fields["starred_user_ids"]
        self.flush_model(["starred_user_ids"])
        rows = self.env.execute_query(
            SQL(
                "SELECT %s FROM %s WHERE %s = %s AND %s IN %s",
                SQL.identifier(field.column1),
                SQL.identifier(field.relation),
                SQL.identifier(field.column2),
                self.env.uid,
                SQL.identifier(field.column1),
                tuple(self.ids),
            )
        )
        return {row[0] for row in rows}

    def _shortcut_homes(self):
        """{id of a shortcut: id of the folder it leads to}."""
        shortcuts = self.filtered(lambda folder: folder.kind == "shortcut")
        by_record = defaultdict(list)
        for folder in shortcuts:
            by_record[folder.record_model, folder.record_id].append(folder.id)
        homes = self._homes(set(by_record))
        return {one: home for record, home in homes.items() for one in by_record[record]}

    # -- places in a folder that an upload brings along ------------------------------------

    def _ensure_path(self, path):
        """The folder at a relative path below this one; what is missing is made."""
        self.ensure_one()
        folder = self._home() if self.kind == "shortcut" else self
        for name in path.split("/"):
            name = name.strip()
            if name in ("", "."):
                continue
            if name == "..":
                raise UserError(self.env._("A folder cannot be called “..”."))
            called = [("parent_id", "=", folder.id), ("name", "=", name), ("kind", "=", "manual")]
            there = self.search(called, limit=1)
            folder = there or self.create({"name": name, "parent_id": folder.id})
        return folder
