"""Files that people put into a folder."""

import filecmp
import hashlib
import os
import tempfile

from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

CHUNK = 256 * 1024
IN_MEMORY = 16 * 1024 * 1024
PARAMETER = "attache.max_upload_mib"
MAX_MIB = 2047
MOST = 2**31 - 1  # bytes: what Odoo can count of its own files


class Upload(http.Controller):
    # Odoo's own limit is meant for forms: `attache.max_upload_mib` is the one for files.
    @http.route(
        "/attache/upload",
        type="http",
        auth="user",
        methods=["POST"],
        max_content_length=lambda _self: _limit(),
    )
    def upload(self, folder_id, ufile, path="", **_kw):
        """One file into a folder, or into a subfolder of it at a relative path, which is made when
        it is not there."""
        try:
            folder = request.env["attache.folder"].search([("id", "=", int(folder_id))])
            if not folder:
                return _refusal(404, request.env._("The folder is gone, or not for you."))
            folder = folder._ensure_path(path)
            folder.check_access("write")
            file = _create(folder, os.path.basename(ufile.filename or ""), ufile.stream)
        except (AccessError, MissingError) as error:
            return _refusal(403, error.args[0])
        except UserError as error:
            return _refusal(422, error.args[0])
        [answer] = file.read(["name", "mimetype", "attache_bytes", "attache_folder_id"])
        return request.make_json_response(answer)


def _limit():
    parameters = request.env["ir.config_parameter"].sudo()
    return int(parameters.get_param(PARAMETER, MAX_MIB)) * 1024 * 1024


def _refusal(status, message):
    request.env.cr.rollback()
    return request.make_json_response({"error": message}, status=status)


def _create(folder, name, stream):
    files = request.env["ir.attachment"].with_context(image_no_postprocess=True)
    vals = {"name": name or request.env._("Unnamed"), "attache_folder_id": folder.id}
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    if size > MOST:
        raise UserError(request.env._("Files of 2 GiB and more come by the store, not by Odoo."))
    if size <= IN_MEMORY or files._storage() != "file":
        return files.create({**vals, "raw": stream.read()})
    # Large ones never stand in memory: Odoo makes the row as of a small file, and then it names
    # the bytes, which are in the filestore by then.
    file = files.create({**vals, "raw": stream.read(1024)})
    file._attache_write(_store(files, stream))
    return file


def _store(files, stream):
    """Puts a stream into the filestore; the values of a row that names it."""
    stream.seek(0)
    folder = files._full_path("")
    digest, size = hashlib.sha1(), 0
    handle, temporary = tempfile.mkstemp(prefix=".attache-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as target:
            while piece := stream.read(CHUNK):
                digest.update(piece)
                size += len(piece)
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        checksum = digest.hexdigest()
        fname = f"{checksum[:2]}/{checksum}"
        # The filestore's cleaner waits for this transaction.
        files._mark_for_gc(fname)
        path = files._full_path(fname)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not os.path.exists(path):
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        elif filecmp.cmp(temporary, path, shallow=False):
            os.unlink(temporary)
        else:  # as Odoo itself refuses it
            raise UserError(request.env._("Another file has the same checksum: it is kept."))
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
    return {
        "store_fname": fname,
        "checksum": checksum,
        "file_size": size,
        "db_datas": False,
    }
