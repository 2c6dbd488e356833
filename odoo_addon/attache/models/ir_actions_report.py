import re

from odoo import api, models

SHOWN = re.compile(r"""/web/(?:image|content)/(?:ir\.attachment/)?(\d+)(?=[-/?"'&#)\s])""")


class IrActionsReport(models.Model):
    """The programs that print fetch pictures by themselves, and go on without those that they
    cannot have: the page would lack them, and nobody be told."""

    _inherit = "ir.actions.report"

    @api.model
    def _run_wkhtmltopdf(self, bodies, *args, **kwargs):
        bodies = list(bodies)
        self._attache_needs_pictures(*bodies, *args, *kwargs.values())
        return super()._run_wkhtmltopdf(bodies, *args, **kwargs)

    @api.model
    def _run_wkhtmltoimage(self, bodies, *args, **kwargs):
        bodies = list(bodies)
        self._attache_needs_pictures(*bodies)
        return super()._run_wkhtmltoimage(bodies, *args, **kwargs)

    def _attache_needs_pictures(self, *pages):
        """FileUnavailable when a released file that one of these pages shows cannot be had."""
        pages = [page for page in pages if isinstance(page, str)]
        shown = {int(number) for page in pages for number in SHOWN.findall(page)}
        files = self.env["ir.attachment"].sudo().browse(shown).exists()
        for file in files.filtered(lambda file: file._attache_is_released()):
            file._attache_read_head(file, 1)
