"""Stands in for Odoo's Documents in tests: a file by its link."""

from odoo import http
from odoo.exceptions import AccessError
from odoo.http import request


class DocumentsContent(http.Controller):
    @http.route("/documents/content/<string:access_token>", auth="public", methods=["GET"])
    def content(self, access_token, download="1"):
        """The file, for who may see it, and for anyone where its link is shared."""
        documents = request.env["documents.document"].sudo()
        document = documents.search([("access_token", "=", access_token)], limit=1)
        if not document.attachment_id or not self._may_see(document):
            raise request.not_found()
        stream = request.env["ir.binary"]._get_stream_from(document.attachment_id, "raw")
        return stream.get_response(as_attachment=download == "1")

    def _may_see(self, document):
        if document.access_via_link != "none":
            return True
        try:
            document.sudo(False).check_access("read")
        except AccessError:
            return False
        return True
