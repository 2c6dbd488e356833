"""Bytes for the sidecar: raw, never base64, in constant memory (docs/protocol.md §3)."""

import io
import json
import os
import struct

from werkzeug.utils import send_file

from odoo import http
from odoo.exceptions import AccessError
from odoo.http import Response, request
from odoo.sql_db import db_connect
from odoo.tools import SQL, config

CHUNK = 256 * 1024
MAX_FILES = 1000
EMPTY = "da39a3ee5e6b4b0d3255bfef95601890afd80709"  # sha1 of nothing: Odoo writes none
ROUTE = {"type": "http", "auth": "bearer", "csrf": False, "save_session": False, "readonly": True}


class Bytes(http.Controller):
    @http.route("/attache/v1/bytes", methods=["POST"], **ROUTE)
    def many(self):
        """One stream of frames; what came whole before a cut is good."""
        _demand_sidecar()
        try:
            wanted = json.loads(request.httprequest.get_data())["files"]
            asked = [(int(file["id"]), str(file["sha1"])) for file in wanted]
        except (ValueError, TypeError, KeyError):
            return _refusal(400, "send {files: [{id, sha1}, …]}")
        if len(asked) > MAX_FILES:
            return _refusal(400, f"ask for at most {MAX_FILES} files at once")
        found = _find([file for file, _sha1 in asked])
        # The cursor is closed before the first byte goes out: everything is collected now.
        plan = [_plan(file, sha1, found.get(file)) for file, sha1 in asked]
        frames = _frames(plan, request.db, config.filestore(request.db))
        return Response(frames, mimetype="application/octet-stream", direct_passthrough=True)

    @http.route("/attache/v1/bytes/<int:file>", methods=["GET"], **ROUTE)
    def one(self, file, sha1=""):
        """One file with `Range`, for large ones and for going on after a cut."""
        _demand_sidecar()
        row = _find([file]).get(file)
        status = _plan(file, sha1, row)["status"]
        codes = {"missing": 404, "changed": 409, "released": 410}
        if status != "ok":
            return _refusal(codes[status], status)
        if not row["store_fname"]:
            source = io.BytesIO(b"".join(_database_pieces(request.db, file, row["size"])))
        else:
            source = os.path.join(config.filestore(request.db), row["store_fname"])
            if not _has(source, row["size"]):
                return _refusal(424, "lost")
        # Not Odoo's Stream: behind --x-sendfile that answers with a header for a web server,
        # and the sidecar may talk to Odoo directly.
        return send_file(
            source,
            request.httprequest.environ,
            mimetype="application/octet-stream",
            etag=sha1,
            response_class=Response,
        )


def _demand_sidecar():
    if not request.env.user.has_group("attache.group_sidecar"):
        raise AccessError(request.env._("Only the service user of the sidecar reads bytes here."))


def _refusal(status, message):
    return request.make_json_response({"status": message}, status=status)


def _find(ids):
    """The rows of files that live in a folder; others are none of the sidecar's business."""
    rows = request.env.execute_query(
        SQL(
            """SELECT a.id, coalesce(a.checksum, %s), coalesce(a.file_size, 0), a.store_fname,
                      a.store_fname LIKE 'attache://%%'
                 FROM ir_attachment a JOIN attache_folder f ON f.id = a.attache_folder_id
                WHERE a.id IN %s AND a.type = 'binary' AND f.trashed_at IS NULL""",
            EMPTY,
            tuple(ids) or (0,),
        )
    )
    names = ("sha1", "size", "store_fname", "released")
    return {file: dict(zip(names, row, strict=True)) for file, *row in rows}


def _plan(file, sha1, row):
    if row is None:
        status = "missing"
    elif row["sha1"] != sha1:
        status = "changed"
    else:
        status = "released" if row["released"] else "ok"
    return {"id": file, "status": status, "row": row}


def _has(path, size):
    return os.path.isfile(path) and os.path.getsize(path) == size


def _frames(plan, database, filestore):
    for item in plan:
        file, status, row = item["id"], item["status"], item["row"]
        if status != "ok":
            yield _head(file, status, 0)
        elif not row["size"]:
            yield _head(file, "ok", 0)
        elif not row["store_fname"]:
            yield _head(file, "ok", row["size"])
            yield from _database_pieces(database, file, row["size"])
        else:
            yield from _disk_frame(file, row, database, filestore)
    yield _frame({"end": True, "count": len(plan)})


def _disk_frame(file, row, database, filestore):
    path = os.path.join(filestore, row["store_fname"])
    try:
        if os.path.getsize(path) != row["size"]:
            raise FileNotFoundError(path)
        source = open(path, "rb")
    except FileNotFoundError:
        # Released or replaced, and cleaned away, since the rows were read? Then it is not lost.
        yield _head(file, _why_gone(database, file, row["store_fname"]), 0)
        return
    with source:
        yield _head(file, "ok", row["size"])
        left = row["size"]
        while left:
            piece = source.read(min(CHUNK, left))
            if not piece:
                raise OSError(f"{path} became shorter while it was read")
            left -= len(piece)
            yield piece


def _why_gone(database, file, store_fname):
    with db_connect(database).cursor() as cr:
        cr.execute(SQL("SELECT store_fname FROM ir_attachment WHERE id = %s", file))
        row = cr.fetchone()
    if row is None:
        return "missing"
    return "lost" if row[0] == store_fname else "changed"


def _database_pieces(database, file, size):
    """Bytes that are kept in the database, piece by piece on a cursor of its own."""
    with db_connect(database).cursor() as cr:
        for start in range(0, size, CHUNK):
            cr.execute(
                SQL(
                    "SELECT substring(db_datas FROM %s FOR %s) FROM ir_attachment WHERE id = %s",
                    start + 1,
                    CHUNK,
                    file,
                )
            )
            row = cr.fetchone()
            piece = bytes(row[0]) if row and row[0] else b""
            if len(piece) != min(CHUNK, size - start):
                raise OSError(f"attachment {file} changed while it was read")
            yield piece


def _head(file, status, size):
    return _frame({"id": file, "status": status, "size": size})


def _frame(head):
    body = json.dumps(head).encode()
    return struct.pack(">I", len(body)) + body
