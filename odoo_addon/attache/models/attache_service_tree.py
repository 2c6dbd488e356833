import hashlib

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..service_call import service_call
from .attache_service import _page

SYNCED = SQL("f.kind <> 'shortcut'")
AUTOMATIC = SQL("f.kind IN ('rule', 'record', 'shortcut')")
EMPTY = "da39a3ee5e6b4b0d3255bfef95601890afd80709"  # sha1 of nothing: Odoo writes none


class AttacheService(models.AbstractModel):
    """Folders and files as the sidecar sees them."""

    _inherit = "attache.service"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    @service_call()
    def scan(self, kind, after_id=0, limit=None):
        limit = _page(limit)
        after = SQL("f.id > %s", after_id or 0)
        if kind == "folder":
            rows = self._folders(SQL("%s AND %s", SYNCED, after), limit + 1)
        elif kind == "automatic":
            rows = self._folders(SQL("%s AND %s", AUTOMATIC, after), limit + 1)
        elif kind == "file":
            rows = self._files(SQL("a.id > %s", after_id or 0), limit + 1)
        else:
            raise UserError(self.env._("Scan folder, automatic or file, not %s.", kind))
        return {"rows": rows[:limit], "more": len(rows) > limit}

    @api.model
    @service_call()
    def read(self, folders=None, files=None, files_of=None):
        where = [SQL("FALSE")]
        if files:
            where.append(SQL("a.id IN %s", tuple(files)))
        if files_of:
            where.append(SQL("a.attache_folder_id IN %s", tuple(files_of)))
        return {
            "folders": self._folders(SQL("%s AND f.id IN %s", SYNCED, tuple(folders or [0]))),
            "files": self._files(SQL("(%s)", SQL(" OR ").join(where))),
        }

    def _folder_rows(self, ids):
        return self._folders(SQL("f.id IN %s", tuple(ids))) if ids else []

    def _file_rows(self, ids):
        return self._files(SQL("a.id IN %s", tuple(ids))) if ids else []

    def _folders(self, where, limit=None):
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT f.id, f.name, f.parent_id, f.kind, f.key, c.uuid, f.rule_id,
                          CASE WHEN f.kind <> 'rule' THEN f.record_model END,
                          CASE WHEN f.kind <> 'rule' THEN f.record_id END,
                          coalesce(f.in_scope, FALSE), coalesce(f.stopped, FALSE)
                     FROM attache_folder f JOIN attache_connection c ON c.id = f.connection_id
                    WHERE f.trashed_at IS NULL AND %s ORDER BY f.id LIMIT %s""",
                where,
                limit,
            )
        )
        names = ("id", "name", "parent", "kind", "key", "connection", "rule", "model", "res_id")
        folders = []
        for row in rows:
            folder = dict(zip((*names, "in_scope", "stopped"), row, strict=True))
            folder["revision"] = _revision(
                folder["name"], folder["parent"], folder["connection"]
            )
            folders.append(folder)
        return folders

    def _files(self, where, limit=None):
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT a.id, a.name, a.attache_folder_id, c.uuid,
                          CASE WHEN a.store_fname LIKE 'attache://%%' THEN a.attache_size::bigint
                               ELSE coalesce(a.file_size, 0) END,
                          coalesce(a.checksum, %s), a.mimetype,
                          coalesce(a.store_fname LIKE 'attache://%%', FALSE), a.attache_key,
                          a.type = 'url'
                     FROM ir_attachment a
                     JOIN attache_folder f ON f.id = a.attache_folder_id
                     JOIN attache_connection c ON c.id = f.connection_id
                    WHERE f.trashed_at IS NULL AND a.res_field IS NULL
                      AND (a.type = 'binary' OR a.attache_key IS NOT NULL)
                      AND %s ORDER BY a.id LIMIT %s""",
                EMPTY,
                where,
                limit,
            )
        )
        names = (
            "id",
            "name",
            "folder",
            "connection",
            "size",
            "sha1",
            "mimetype",
            "released",
            "key",
        )
        files = []
        for row in rows:
            file = dict(zip((*names, "document"), row, strict=True))
            file["revision"] = _revision(
                file["name"], file["folder"], file["connection"], file["sha1"], file["size"]
            )
            files.append(file)
        return files


def _revision(*parts):
    """Differs whenever one of the parts does."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()
