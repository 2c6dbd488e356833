from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AttacheTag(models.Model):
    """Sorts files across folders."""

    _name = "attache.tag"
    _description = "File tag"
    _parent_store = True
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    color = fields.Integer()
    parent_id = fields.Many2one("attache.tag", index=True, ondelete="cascade")
    parent_path = fields.Char(index=True)

    @api.constrains("parent_id")
    def _check_parent(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A tag cannot lie below itself."))
