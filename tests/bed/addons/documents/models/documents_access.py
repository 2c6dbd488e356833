"""Stands in for Odoo's Documents in tests: who has which role."""

from odoo import fields, models

ROLES = [("view", "Viewer"), ("edit", "Editor")]


class DocumentsAccess(models.Model):
    """One person's role in a folder or file."""

    _name = "documents.access"
    _description = "Member of a document"

    document_id = fields.Many2one(
        "documents.document", required=True, index=True, ondelete="cascade"
    )
    partner_id = fields.Many2one("res.partner", required=True, index=True, ondelete="cascade")
    role = fields.Selection(ROLES, default="view", required=True)
