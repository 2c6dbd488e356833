from odoo import api, models
from odoo.tools import SQL

from ..batch import Refusal, run
from ..service_call import service_call
from .attache_folder import OF_RECORD


class AttacheService(models.AbstractModel):
    """Changes of folders."""

    _inherit = "attache.service"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    @service_call(writes=True)
    def apply_folders(self, items):
        handlers = {
            "create": self._folders_create,
            "rename": self._folders_place,
            "move": self._folders_place,
            "place": self._folders_place,
            "scope": self._folders_scope,
            "drop": self._folders_drop,
            "trash": self._folders_trash,
        }
        return run(self.env, items, handlers, self._folder_rows)

    def _locked(self, model, ids):
        """The rows among these ids that are there, locked in one order."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM %s WHERE id IN %s ORDER BY id FOR UPDATE",
                SQL.identifier(self.env[model]._table),
                tuple(ids) or (0,),
            )
        )
        return self.env[model].browse(row[0] for row in rows)

    def _present(self, items):
        """{id: folder} of the items' folders that are there and not in the trash."""
        folders = self._locked("attache.folder", {item["id"] for item in items})
        return {folder.id: folder for folder in folders if not folder.trashed_at}

    def _folders_create(self, items):
        """The same key again: the folder there is, brought to this name, parent and scope."""
        parents = self._locked("attache.folder", {item["parent"] for item in items})
        parents = set(parents.filtered(lambda folder: not folder.trashed_at).ids)
        self._refuse_recordless(items)
        folders = self.env["attache.folder"]
        there = self._folders_by_key({item["key"] for item in items})
        fresh = {item["key"]: item for item in items if item["key"] not in there}
        made = folders.create([self._folder_vals(item, parents) for item in fresh.values()])
        made._begin()
        made_by_key = dict(zip(fresh, made, strict=True))
        for item in items:
            if folder := there.get(item["key"]):
                self._bring(folder, item, parents)
        return [(there.get(item["key"]) or made_by_key[item["key"]]).id for item in items]

    def _folders_by_key(self, keys):
        """{key: folder} of those that were made with these keys. For addons that give a folder
        another key later."""
        folders = self.env["attache.folder"].search([("key", "in", list(keys))])
        return {folder.key: folder for folder in folders}

    def _refuse_recordless(self, items):
        """A record that was deleted since the sidecar read it gets no folder: nobody would ever
        take it away again. The lock keeps the record until the folder is told with it."""
        wanted = {}
        for item in items:
            if item["kind"] in OF_RECORD:
                wanted.setdefault(item.get("model"), set()).add(item.get("res_id"))
        for model, ids in wanted.items():
            if model not in self.env or not self.env[model]._auto:
                continue
            query = SQL(
                "SELECT count(*) FROM (SELECT id FROM %s WHERE id IN %s ORDER BY id"
                " FOR KEY SHARE) AS there",
                SQL.identifier(self.env[model]._table),
                tuple(ids),
            )
            if self.env.execute_query(query)[0][0] < len(ids):
                raise Refusal("missing", self.env._("The record is gone."))

    def _folder_vals(self, item, parents):
        if item["parent"] not in parents:
            raise Refusal("missing", self.env._("The parent folder is gone."))
        if item["kind"] not in ("rule", "record", "manual", "shortcut"):
            raise Refusal("invalid", self.env._("%s is no kind of folder.", item["kind"]))
        return {
            "key": item["key"],
            "name": item["name"],
            "kind": item["kind"],
            "parent_id": item["parent"],
            "rule_id": item.get("rule") or False,
            "record_model": item.get("model") or False,
            "record_id": item.get("res_id") or False,
            "in_scope": True,
            "stopped": False,
        }

    def _bring(self, folder, item, parents):
        vals = self._folder_vals(item, parents)
        vals["trashed_at"] = False
        changed = {
            name: value
            for name, value in vals.items()
            if folder._fields[name].convert_to_write(folder[name], folder) != (value or False)
        }
        if changed:
            folder.write(changed)
            folder._adopt()

    def _folders_place(self, items):
        """Rename, move, or both in one; `expect` is the revision that it must still have. One
        that is there already is left as it is: the answer to the first try may have been lost."""
        present = self._present(items)
        revisions = {row["id"]: row["revision"] for row in self._folder_rows(list(present))}
        outcomes = []
        for item in items:
            folder = present.get(item["id"])
            if not folder:
                outcomes.append(Refusal("missing", self.env._("The folder is gone.")))
                continue
            there = {"name": folder.name, "parent_id": folder.parent_id.id}
            if item.get("rule"):
                there["rule_id"] = folder.rule_id.id
            vals = {**there, **self._new_place(item)}
            if vals == there:
                outcomes.append(folder.id)
            elif item.get("expect") and item["expect"] != revisions[folder.id]:
                outcomes.append(self._changed(folder))
            else:
                folder.write({name: vals[name] for name in vals if vals[name] != there[name]})
                outcomes.append(folder.id)
        return outcomes

    def _changed(self, folder):
        return Refusal("changed", self.env._("The folder has changed."), folder.id)

    def _new_place(self, item):
        vals = {}
        if item["op"] in ("rename", "place"):
            vals["name"] = item["name"]
        if item["op"] in ("move", "place"):
            parent = self.env["attache.folder"].browse(item["parent"]).exists()
            if not parent or parent.trashed_at:
                raise Refusal("missing", self.env._("The parent folder is gone."), item["id"])
            vals["parent_id"] = parent.id
        if item.get("rule"):
            vals["rule_id"] = item["rule"]
        return vals

    def _folders_scope(self, items):
        present = self._present(items)
        outcomes = []
        for item in items:
            folder = present.get(item["id"])
            if not folder:
                outcomes.append(Refusal("missing", self.env._("The folder is gone.")))
            elif folder.kind == "manual":
                outcomes.append(
                    Refusal("invalid", self.env._("A manual folder has no scope."), folder.id)
                )
            else:
                stopped = bool(item.get("stopped"))
                folder.write({"in_scope": bool(item["in_scope"]), "stopped": stopped})
                outcomes.append(folder.id)
        return outcomes

    def _folders_drop(self, items):
        """A shortcut goes: it holds nothing."""
        present = self._present(items)
        outcomes = []
        for item in items:
            folder = present.get(item["id"])
            if folder and folder.kind != "shortcut":
                refused = self.env._("Only shortcuts are dropped.")
                outcomes.append(Refusal("invalid", refused, folder.id))
            else:
                outcomes.append(None)
        shortcuts = [folder for folder in present.values() if folder.kind == "shortcut"]
        self.env["attache.folder"].union(*shortcuts).unlink()
        return outcomes

    def _folders_trash(self, items):
        """Only what was seen goes: a folder at the revision `expect` with nothing live in it."""
        present = self._present(items)
        revisions = {row["id"]: row["revision"] for row in self._folder_rows(list(present))}
        content = self._content(list(present))
        gone = self.env["attache.folder"]
        outcomes = []
        for item in items:
            folder = present.get(item["id"])
            if not folder or folder in gone:
                outcomes.append(None)
            elif folder.kind == "root":
                refused = self.env._("A connection keeps its root.")
                outcomes.append(Refusal("invalid", refused, folder.id))
            elif item["expect"] != revisions[folder.id]:
                outcomes.append(self._changed(folder))
            elif content.get(folder.id, set()) - {("folder", below.id) for below in gone}:
                seen = self.env._("There is something in the folder that is not in the trash.")
                outcomes.append(Refusal("changed", seen, folder.id))
            else:
                gone |= folder
                outcomes.append(None)
        gone._trash()
        return outcomes

    def _content(self, ids):
        """{folder: {("folder" or "file", id)}} of what the sidecar could see directly in these.

        This transaction's own picture is as old as its first statement. The folders are locked by
        now, so that nothing more comes into them; a second look by another transaction shows what
        came in between."""
        query = SQL(
            """SELECT parent_id, 'folder', id FROM attache_folder
                WHERE parent_id IN %(ids)s AND trashed_at IS NULL AND kind <> 'shortcut'
                UNION ALL
               SELECT attache_folder_id, 'file', id FROM ir_attachment
                WHERE attache_folder_id IN %(ids)s AND res_field IS NULL
                  AND (type = 'binary' OR attache_key IS NOT NULL)""",
            ids=tuple(ids) or (0,),
        )
        self.env.flush_all()
        rows = self.env.execute_query(query)
        with self.env.registry.cursor() as cr:
            cr.execute(query)
            rows += cr.fetchall()
        below = {found for _, kind, found in rows if kind == "folder"}
        trashed = self.env["attache.folder"].browse(below).exists().filtered("trashed_at")
        content = {}
        for folder, kind, found in rows:
            if kind == "file" or found not in trashed._ids:
                content.setdefault(folder, set()).add((kind, found))
        return content
