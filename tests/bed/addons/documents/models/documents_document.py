"""Stands in for Odoo's Documents in tests: folders and files, their roles and their trash."""

import uuid
from pathlib import PurePath

from odoo import api, fields, models
from odoo.exceptions import UserError

from .documents_access import ROLES

DELETION_DELAY = 30
BYTES = ("raw", "datas")


class DocumentsDocument(models.Model):
    """A folder, a file or a link. A file's bytes are those of its attachment."""

    _name = "documents.document"
    _description = "Document"
    _inherit = ["mail.thread"]
    _parent_name = "folder_id"
    _order = "name, id"

    name = fields.Char(required=True, tracking=True)
    type = fields.Selection(
        [("binary", "File"), ("url", "Link"), ("folder", "Folder")],
        default="binary",
        required=True,
    )
    active = fields.Boolean(default=True, help="In the trash when not.")
    folder_id = fields.Many2one(
        "documents.document", index=True, ondelete="cascade", domain=[("type", "=", "folder")]
    )
    children_ids = fields.One2many("documents.document", "folder_id", "Content")
    attachment_id = fields.Many2one(
        "ir.attachment", "File", index=True, ondelete="set null", copy=False
    )
    raw = fields.Binary(related="attachment_id.raw", related_sudo=True)
    datas = fields.Binary(related="attachment_id.datas", related_sudo=True)
    mimetype = fields.Char(related="attachment_id.mimetype", related_sudo=True)
    file_size = fields.Integer(related="attachment_id.file_size", related_sudo=True)
    url = fields.Char()
    res_model = fields.Char(related="attachment_id.res_model", related_sudo=True)
    res_id = fields.Many2oneReference(
        related="attachment_id.res_id", related_sudo=True, model_field="res_model"
    )
    owner_id = fields.Many2one("res.users", default=lambda self: self.env.user)
    company_id = fields.Many2one("res.company")
    access_internal = fields.Selection(
        [*ROLES, ("none", "None")], "Internal users", default="none", required=True
    )
    access_via_link = fields.Selection(
        [*ROLES, ("none", "None")], "Anyone with the link", default="none", required=True
    )
    access_token = fields.Char(copy=False, default=lambda self: uuid.uuid4().hex, readonly=True)
    access_url = fields.Char(compute="_compute_access_url")
    access_ids = fields.One2many("documents.access", "document_id", "Members", copy=True)

    @api.depends("access_token")
    def _compute_access_url(self):
        for document in self:
            document.access_url = f"/documents/content/{document.access_token}"

    @api.model_create_multi
    def create(self, vals_list):
        """Roles come from the folder where nobody says otherwise."""
        contents = [self._content(vals) for vals in vals_list]
        documents = super().create(
            [
                self._inherited({name: vals[name] for name in vals if name not in BYTES})
                for vals in vals_list
            ]
        )
        for document, content in zip(documents, contents, strict=True):
            if content:
                document._make_attachment(content)
            elif document.attachment_id and not document.attachment_id.sudo().res_model:
                document._own(document.attachment_id)
        return documents

    def _content(self, vals):
        return {name: vals[name] for name in BYTES if vals.get(name)}

    def _inherited(self, vals):
        folder = self.browse(vals.get("folder_id") or ()).sudo()
        if not folder:
            return vals
        roles = {name: folder[name] for name in ("access_internal", "access_via_link")}
        roles["company_id"] = folder.company_id.id
        if "access_ids" not in vals:
            roles["access_ids"] = [
                fields.Command.create({"partner_id": member.partner_id.id, "role": member.role})
                for member in folder.access_ids
            ]
        return {**roles, **vals}

    def _make_attachment(self, content):
        vals = {"name": self.name, "res_model": self._name, "res_id": self.id, **content}
        self.attachment_id = self.env["ir.attachment"].create(vals)

    def _own(self, attachment):
        attachment.write({"res_model": self._name, "res_id": self.id})

    def write(self, vals):
        content = self._content(vals)
        vals = {name: vals[name] for name in vals if name not in BYTES}
        result = super().write(vals) if vals else True
        for document in self if content else ():
            if document.attachment_id:
                document.attachment_id.write(content)
            else:
                document._make_attachment(content)
        if "name" in vals:
            for document in self.sudo():
                if document._owns():
                    document.attachment_id.name = document.name
        return result

    def _owns(self):
        file = self.attachment_id
        return (file.res_model, file.res_id) == (self._name, self.id)

    def copy(self, default=None):
        copies = super().copy(default)
        for document, copied in zip(self, copies, strict=True):
            if file := document.attachment_id:
                own = {"res_model": self._name, "res_id": copied.id}
                copied.attachment_id = file.copy(own)
        return copies

    # -- the trash ------------------------------------------------------------------------

    def _all_below(self):
        return self.with_context(active_test=False).search([("id", "child_of", self.ids)])

    def action_archive(self):
        """To the trash, a folder with all that is in it."""
        return super(DocumentsDocument, self._all_below()).action_archive()

    def action_unarchive(self):
        return super(DocumentsDocument, self._all_below()).action_unarchive()

    def unlink(self):
        """For good, a folder with all that is in it; a file's bytes go with it."""
        documents = self._all_below()
        files = documents.sudo().filtered(lambda document: document._owns()).attachment_id
        result = super(DocumentsDocument, documents).unlink()
        files.exists().unlink()
        return result

    @api.autovacuum
    def _gc_deleted(self):
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=DELETION_DELAY)
        old = [("active", "=", False), ("write_date", "<", limit)]
        self.with_context(active_test=False).search(old, limit=1000).unlink()

    # -- what people do with a file -------------------------------------------------------

    def action_share(self):
        """Anyone with the link that this answers may see it."""
        self.ensure_one()
        self.access_via_link = "view"
        return self.access_url

    def action_sign(self):
        """Reads the file, and puts a signed copy beside it."""
        self.ensure_one()
        if self.type != "binary" or not self.raw:
            raise UserError(self.env._("Only a file with content can be signed."))
        name = PurePath(self.name)
        signed = self.create(
            {
                "name": f"{name.stem} (signed){name.suffix}",
                "folder_id": self.folder_id.id,
                "owner_id": self.owner_id.id,
                "raw": self.raw + f"\nsigned by {self.env.user.name}".encode(),
            }
        )
        return signed.id
