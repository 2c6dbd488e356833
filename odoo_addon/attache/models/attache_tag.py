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

    @api.model
    @api.readonly
    def read_tags(self):
        """All tags, and how many files each has that this reader may see."""
        tags = self.search([])  # pylint: disable=no-search-all
        counts = self.env["ir.attachment"]._read_group(
            [("attache_tag_ids", "in", tags.ids), ("attache_folder_id", "!=", False)],
            ["attache_tag_ids"],
            ["__count"],
        )
        files = {tag.id: count for tag, count in counts}
        return {
            "tags": [
                {
                    "id": tag.id,
                    "name": tag.name,
                    "color": tag.color,
                    "parent_id": tag.parent_id.id,
                    "sequence": tag.sequence,
                    "files": files.get(tag.id, 0),
                }
                for tag in tags
            ],
            "can_write": self.has_access("write"),
        }
