"""Files, folders and tags as one ZIP archive: streamed, in constant memory, each file by the rights
that the reader has when its turn comes."""

import contextlib
import io
import logging
import re
import zipfile

from werkzeug.exceptions import NotFound

from odoo import api, http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import Response, content_disposition, request
from odoo.modules.registry import Registry

CHUNK = 256 * 1024
PACKED = ("image/", "video/", "audio/", "application/zip", "application/vnd.openxmlformats")
REPORT = "ERRORS.txt"
UNSAFE = re.compile(r'[\x00-\x1f\x7f\\/:*?"<>|]')
_logger = logging.getLogger(__name__)


class Zip(http.Controller):
    @http.route("/attache/zip", type="http", auth="user", methods=["GET", "POST"], readonly=True)
    def zip(self, folders="", files="", tags="", name="", **_kw):
        """All files in these folders and below them, with these tags, and these files."""
        wanted = _Wanted(request.env)
        wanted.add_folders(_ids(folders))
        wanted.add_tags(_ids(tags))
        wanted.add_files(_ids(files))
        if not wanted.known:
            raise NotFound()
        pieces = _archive(request.db, request.env.uid, dict(request.env.context), wanted.entries)
        name = UNSAFE.sub("-", name or wanted.title or request.env._("Files"))
        headers = [
            ("Content-Type", "application/zip"),
            ("Content-Disposition", content_disposition(f"{name}.zip")),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
        ]
        return Response(pieces, headers=headers, direct_passthrough=True)


def _ids(text):
    return [int(word) for word in text.split(",") if word.isdecimal()]


class _Wanted:
    """What goes into the archive: [(file id, path)], found with the reader's own rights."""

    def __init__(self, env):
        self.env, self.entries, self.title, self.known = env, [], "", False
        self._seen, self._paths = set(), set()

    def add_folders(self, ids):
        folder_model = self.env["attache.folder"]
        for top in folder_model.search([("id", "in", ids)]):
            self.known, self.title = True, self.title or top.name
            below = folder_model.search([("id", "child_of", top.id)])
            paths = _paths(top, below.sudo())
            files = self._files([("attache_folder_id", "in", below.ids)])
            for file in files:
                self._add(file, paths[file.attache_folder_id.id])

    def add_tags(self, ids):
        for tag in self.env["attache.tag"].search([("id", "in", ids)]):
            self.known, self.title = True, self.title or tag.name
            for file in self._files([("attache_tag_ids", "child_of", tag.id)]):
                self._add(file, ())

    def add_files(self, ids):
        for file in self._files([("id", "in", ids)]):
            self.known, self.title = True, self.title or ("" if len(ids) > 1 else file.name)
            self._add(file, ())

    def _files(self, domain):
        files = self.env["ir.attachment"].search([*domain, ("type", "=", "binary")], order="id")
        return files._filtered_access("read")

    def _add(self, file, above):
        if file.id in self._seen:
            return
        self._seen.add(file.id)
        path = "/".join([*above, _safe(file.name)])
        stem, dot, ending = path.rpartition(".")
        stem, ending = (stem, dot + ending) if stem and "/" not in ending else (path, "")
        number = 1
        while path.casefold() in self._paths or path == REPORT:
            number += 1
            path = f"{stem} ({number}){ending}"
        self._paths.add(path.casefold())
        self.entries.append((file.id, path))


def _paths(top, below):
    """{folder id: names from the top folder down}."""
    names = {folder.id: _safe(folder.name) for folder in below}
    start = len((top.sudo().parent_path or "").split("/")) - 2
    return {
        folder.id: [names[int(step)] for step in folder.parent_path.split("/")[start:-1]]
        for folder in below
    }


def _safe(name):
    """A name that stays where it is put, on any system."""
    return UNSAFE.sub("-", name or "").strip(" .") or "-"


class _Sink(io.RawIOBase):
    """Takes what the archive writes, to be sent on at once: it cannot be gone back in."""

    def __init__(self):
        super().__init__()
        self._pieces = []

    def writable(self):
        return True

    def write(self, data):
        self._pieces.append(bytes(data))
        return len(data)

    def drain(self):
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _archive(database, uid, context, entries):
    sink, errors = _Sink(), []
    with zipfile.ZipFile(sink, "w", allowZip64=True) as archive:
        for file, path in entries:
            try:
                yield from _entry(archive, sink, path, _Reader(database, uid, context, file))
            except _Unreadable as error:
                errors.append(f"{path}: {error}")
        if errors:
            archive.writestr(REPORT, "\n".join(errors) + "\n")
        yield sink.drain()
    yield sink.drain()


class _Unreadable(Exception):
    """Why a file is not, or not wholly, in the archive; a sentence."""


def _entry(archive, sink, path, reader):
    """One file. What cannot be opened is left out; what breaks off stays in as far as it came, and
    is told as well."""
    pieces = iter(reader)
    first = next(pieces, b"")
    info = zipfile.ZipInfo(path, reader.date)
    info.compress_type = zipfile.ZIP_STORED if reader.packed else zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    with archive.open(info, "w", force_zip64=True) as target:
        target.write(first)
        yield sink.drain()
        for piece in pieces:
            target.write(piece)
            yield sink.drain()


@contextlib.contextmanager
def _told(gone, broken):
    """What goes wrong inside, as sentences. They are given: no cursor is open to look them up."""
    try:
        yield
    except (AccessError, MissingError) as error:
        raise _Unreadable(gone) from error
    except UserError as error:
        raise _Unreadable(error.args[0]) from error
    except OSError as error:
        _logger.exception("A file of an archive cannot be read")
        raise _Unreadable(broken) from error


class _Reader:
    """The bytes of one file, opened with a cursor of its own: the request is over by then."""

    date, packed = (1980, 1, 1, 0, 0, 0), False

    def __init__(self, database, uid, context, file):
        self._where, self._file = (database, uid, context), file

    def __iter__(self):
        database, uid, context = self._where
        with Registry(database).cursor(readonly=True) as cr:
            env = api.Environment(cr, uid, context)
            gone = env._("It is gone, or not for you any more.")
            broken = env._("Its bytes cannot be read.")
            file = env["ir.attachment"].browse(self._file)
            with _told(gone, broken):
                file.check_access("read")
                self.packed = (file.mimetype or "").startswith(PACKED)
                self.date = max(file.write_date.timetuple()[:6], self.date)
                source = self._open(file)
        with _told(gone, broken):
            yield from source

    def _open(self, file):
        file = file.sudo()
        if file._attache_is_released():
            return file._attache_pieces()
        if file.store_fname:
            return _disk(open(file._full_path(file.store_fname), "rb"))
        return iter((file.raw or b"",))


def _disk(source):
    with source:
        while piece := source.read(CHUNK):
            yield piece
