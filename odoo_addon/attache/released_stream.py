"""How a released file goes out over HTTP."""

import itertools
import time

import requests
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.http import is_resource_modified, unquote_etag

from odoo import api
from odoo.http import Stream, request
from odoo.modules.registry import Registry

from .models.attache_sidecar import CHUNK, FileUnavailable

RECHECK = 30  # seconds between two looks at whether the reader still may


class ReleasedStream(Stream):
    """Passes a released file through from the sidecar, in pieces.

    To Odoo it is a stream of type 'data' whose bytes are fetched only if somebody looks at
    them (to resize an image, to zip). Failures are HTTP errors and no `UserError`s: Odoo
    answers those with a placeholder image, and with 404.
    """

    def __init__(self, attachment):
        super().__init__(
            type="data",
            mimetype=attachment.mimetype,
            download_name=attachment.name,
            etag=attachment.checksum,
            size=attachment._attache_bytes(),
            public=attachment.public,
        )
        self._attachment = attachment
        self._data = None

    @property
    def data(self):
        if self._data is None:
            self._data = loud(self._attachment._file_read, self._attachment.store_fname)
        return self._data

    @data.setter
    def data(self, value):
        self._data = value

    def read(self):
        return self.data

    def get_response(self, *args, **kwargs):
        if self._data is not None:
            return super().get_response(*args, **kwargs)
        self._data = b""  # Odoo's headers first, then the body
        try:
            response = super().get_response(*args, **{**kwargs, "conditional": False})
        finally:
            self._data = None
        response.headers["Accept-Ranges"] = "bytes"
        environ, headers = request.httprequest.environ, request.httprequest.headers
        etag = response.headers.get("ETag")
        if not is_resource_modified(environ, etag=unquote_etag(etag)[0]):
            response.status_code = 304
            response.content_length = None
            return response
        response.content_length = self.size
        if request.httprequest.method == "HEAD" or not self.size:
            return response
        return self._pass_through(response, _wanted_range(headers, etag))

    def _pass_through(self, response, byte_range):
        sidecar = self._attachment.env["attache.sidecar"]
        answer = loud(sidecar._open, self._attachment, byte_range)
        response.status_code = answer.status_code
        response.content_length = int(answer.headers.get("Content-Length", 0))
        if "Content-Range" in answer.headers:
            response.headers["Content-Range"] = answer.headers["Content-Range"]
        if answer.status_code == 200:
            # The first piece before the status: a small file is proved whole by then.
            pieces = sidecar._pieces(self._attachment, answer, self.size)
            pieces = itertools.chain([loud(next, pieces)], pieces)
        else:
            pieces = _part(answer)
        response.response = while_allowed(self._attachment, pieces)
        response.call_on_close(answer.close)
        return response


def _wanted_range(headers, etag):
    """The range that is asked for, unless it was asked for another content."""
    if_range = headers.get("If-Range")
    if if_range and unquote_etag(if_range) != unquote_etag(etag):
        return None
    return headers.get("Range")


def _part(answer):
    """One range; a cut shows by the missing length."""
    try:
        yield from answer.iter_content(CHUNK)
    except requests.RequestException as error:
        raise ConnectionError("the sidecar's answer broke off") from error
    finally:
        answer.close()


def while_allowed(attachment, pieces):
    """Passes pieces on for as long as the reader may read the file. Whoever came by a token or to a
    public file has no right of their own that could end: only the next request is refused."""
    env = attachment.sudo(False).env
    if env.uid and not attachment.sudo(False).has_access("read"):
        return pieces
    where = (env.cr.dbname, env.uid, dict(env.context), attachment.id)
    return _rechecked(where, pieces)


def _rechecked(where, pieces):
    database, uid, context, file = where
    checked = time.monotonic()
    for piece in pieces:
        if time.monotonic() - checked >= RECHECK:
            with Registry(database).cursor(readonly=True) as cr:
                found = api.Environment(cr, uid, context)["ir.attachment"].browse(file).exists()
                if not found.has_access("read"):
                    raise ConnectionError("the reader's right to this file has ended")
            checked = time.monotonic()
        yield piece


def loud(function, *args):
    """Calls a function; where bytes cannot be had, the answer over HTTP is 503 with the reason."""
    try:
        return function(*args)
    except FileUnavailable as error:
        raise ServiceUnavailable(error.args[0], retry_after=30) from error
