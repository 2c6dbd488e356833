import mimetypes
import uuid

from odoo import api, models
from odoo.tools import SQL

from ..batch import Refusal, run
from ..service_call import service_call
from .ir_attachment_bytes import SCHEME

INT32_MAX = 2**31 - 1


class AttacheService(models.AbstractModel):
    """Changes of files."""

    _inherit = "attache.service"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    @service_call(writes=True)
    def apply_files(self, items):
        handlers = {
            "create": self._files_create,
            "document": self._files_create,
            "content": self._files_content,
            "place": self._files_place,
            "release": self._files_release,
            "trash": self._files_trash,
            "restore": self._files_restore,
            "link": self._files_link,
        }
        return run(self.env, items, handlers, self._file_rows)

    # -- what is there --------------------------------------------------------------------

    def _present_files(self, items):
        """{id: (file, its row on the wire)} of the items' files that live in a folder."""
        files = {
            file.id: file for file in self._locked("ir.attachment", {item["id"] for item in items})
        }
        return {row["id"]: (files[row["id"]], row) for row in self._file_rows(list(files))}

    def _each(self, items, act, refuse=None, missing_is_fine=False):
        """Outcomes of `act(file, item)` for each item whose file is there and that `refuse(row,
        item)` has no objection to."""
        present = self._present_files(items)
        outcomes = []
        for item in items:
            file, row = present.get(item["id"], (None, None))
            if not file:
                gone = Refusal("missing", self.env._("The file is gone."))
                outcomes.append(None if missing_is_fine else gone)
            elif refuse and refuse(row, item):
                outcomes.append(Refusal("changed", self.env._("The file has changed."), file.id))
            else:
                act(file, item)
                outcomes.append(file.id)
        return outcomes

    def _folder_of(self, item):
        folder = self.env["attache.folder"].browse(item["folder"]).exists()
        if not folder or folder.trashed_at:
            raise Refusal("missing", self.env._("The folder is gone."), item.get("id"))
        return folder

    def _place_vals(self, item, file=None):
        folder = self._folder_of(item)
        model, res_id = file._attache_holder(folder) if file else folder._holder()
        return {
            "name": item["name"],
            "attache_folder_id": folder.id,
            "res_model": model,
            "res_id": res_id,
        }

    def _content_vals(self, item):
        return {
            "type": "binary",
            "store_fname": f"{SCHEME}{uuid.uuid4().hex}",
            "file_size": min(item["size"], INT32_MAX),
            "attache_size": item["size"],
            "checksum": item["sha1"],
            "index_content": False,  # Odoo finds no file by words that it had before
        }

    def _mimetype(self, item):
        """What the cloud says, or what the name tells; never a page that a browser would run."""
        mimetype = item.get("mimetype") or mimetypes.guess_type(item.get("name") or "")[0] or ""
        mimetype = mimetype.lower() or "application/octet-stream"
        office = mimetype.startswith("application/vnd.openxmlformats")
        runs = "ht" in mimetype or ("xml" in mimetype and not office)
        return "text/plain" if runs else mimetype

    # -- operations -----------------------------------------------------------------------

    def _files_create(self, items):
        """The same key again: the row there is."""
        files = self.env["ir.attachment"].with_context(attache_trash=True)
        keys = {item["key"] for item in items}
        there = {
            file.attache_key: file.id
            for file in files.search([("attache_key", "in", list(keys)), ("id", "!=", 0)])
        }
        fresh = {item["key"]: item for item in items if item["key"] not in there}
        made = files._attache_create([self._new_vals(item) for item in fresh.values()])
        there.update(zip(fresh, made.ids, strict=True))
        return [there[item["key"]] for item in items]

    def _new_vals(self, item):
        vals = {
            **self._place_vals(item),
            "attache_key": item["key"],
            "attache_web_url": item.get("web_url"),
            "company_id": False,
        }
        if item["op"] == "document":
            if not str(item.get("web_url") or "").startswith(("https://", "http://")):
                raise Refusal("invalid", self.env._("A document needs its web address."))
            return {**vals, "type": "url", "url": item["web_url"], "mimetype": "text/uri-list"}
        return {**vals, **self._content_vals(item), "mimetype": self._mimetype(item)}

    def _files_content(self, items):
        old = []

        def act(file, item):
            file._attache_refuse_audited()
            file._attache_keep("replaced")
            old.append(file.store_fname)
            mimetype = self._mimetype({"name": file.name, **item})
            vals = {**self._content_vals(item), "db_datas": False, "mimetype": mimetype}
            file._attache_write_cloud(vals)

        outcomes = self._each(items, act, lambda row, item: row["sha1"] != item["expect"])
        self._let_go(old)
        return outcomes

    def _files_release(self, items):
        old, released = [], []

        def act(file, item):
            if not file._attache_is_released():
                old.append(file.store_fname)
                released.append((file.id, f"{SCHEME}{uuid.uuid4().hex}", item["size"]))

        outcomes = self._each(
            items,
            act,
            lambda row, item: (row["sha1"], row["size"]) != (item["expect"], item["size"]),
        )
        self._mark_released(released)
        self._let_go(old)
        return outcomes

    def _mark_released(self, rows):
        """One statement for all: the content stays what it was, so nothing that is computed from
        it has to be computed again."""
        if not rows:
            return
        self.env.cr.execute(
            SQL(
                """UPDATE ir_attachment AS file
                      SET store_fname = new.name, attache_size = new.size, db_datas = NULL,
                          write_uid = %s, write_date = now() AT TIME ZONE 'UTC'
                     FROM (VALUES %s) AS new (id, name, size) WHERE file.id = new.id""",
                self.env.uid,
                SQL(", ").join(SQL("(%s, %s, %s::float8)", *row) for row in rows),
            )
        )
        files = self.env["ir.attachment"].browse(row[0] for row in rows)
        files.invalidate_recordset(["store_fname", "attache_size", "db_datas", "raw", "datas"])
        files._attache_tell()

    def _let_go(self, store_names):
        """Lets Odoo's cleaner remove what no row names any more. Written first: the cleaner then
        waits for this transaction."""
        self.env.flush_all()
        for name in filter(None, store_names):
            self.env["ir.attachment"]._file_delete(name)

    def _files_place(self, items):
        """One that is there already is left as it is: the answer to the first try may have been
        lost."""
        placed = self.env["ir.attachment"]

        def act(file, item):
            nonlocal placed
            vals = self._place_vals(item, file)
            moves = (file.res_model, file.res_id) != (vals["res_model"], vals["res_id"])
            if moves:
                file._attache_refuse_audited()
            file._attache_write(vals)
            if moves:
                file._attache_leave_messages()
            placed |= file

        def refuse(row, item):
            stays = (row["folder"], row["name"]) == (item["folder"], item["name"])
            return not stays and item.get("expect") and row["revision"] != item["expect"]

        outcomes = self._each(items, act, refuse)
        placed._attache_settle_messages()
        return outcomes

    def _files_trash(self, items):
        gone = self.env["ir.attachment"]

        def act(file, _item):
            nonlocal gone
            gone |= file

        outcomes = self._each(
            items,
            act,
            lambda row, item: row["revision"] != item["expect"],
            missing_is_fine=True,
        )
        gone._attache_refuse_audited()
        gone._attache_trash("cloud")
        return [outcome if isinstance(outcome, Refusal) else None for outcome in outcomes]

    def _files_restore(self, items):
        outcomes = []
        for item in items:
            trash = self.env["attache.trash"].search([("attachment_id", "=", item["id"])])
            trash._restore()
            there = trash or self._file_rows([item["id"]])
            gone = Refusal("missing", self.env._("The file is not in the trash."))
            outcomes.append(item["id"] if there else gone)
        return outcomes

    def _files_link(self, items):
        def act(file, item):
            file._attache_write({"attache_web_url": item.get("web_url") or False})

        return self._each(items, act)
