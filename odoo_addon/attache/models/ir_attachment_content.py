from odoo import fields, models
from odoo.tools import human_size


class Content(fields.Binary):
    """Content that may be far away. Models that inherit a file's fields, as documents of products
    do, have this field too."""

    def compute_value(self, records):
        """Odoo computes a binary field even where a form or a list shows its size only: that would
        fetch the whole file, and show nothing where it cannot be had."""
        context, left = records.env.context, records
        if context.get("bin_size") or context.get(f"bin_size_{self.name}"):
            cache = self._get_cache(records.env)
            for record in records:
                file = record[self.related.split(".")[0]] if self.related else record
                if file and file._name == "ir.attachment" and file.sudo()._attache_is_released():
                    cache[record.id] = human_size(file.sudo()._attache_bytes()).encode()
                    left -= record
        if left:
            super().compute_value(left)

    def _to_prefetch(self, record):
        """Whoever reads one file does not fetch all those that were searched with it, nor fails
        because one of them cannot be had."""
        return record


class IrAttachment(models.Model):
    _inherit = "ir.attachment"  # pylint: disable=consider-merging-classes-inherited

    raw = Content()
    datas = Content()
