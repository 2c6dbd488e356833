from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS

KEPT = timedelta(hours=1)


class AttachePreview(models.Model):
    """A question to the sidecar: what would folders be if a rule were as it stands in the form?

    A stored model and not a transient one: the feed tells the sidecar of its rows.
    """

    _name = "attache.preview"
    _description = "Preview of a rule"

    # The answer holds names that its reader may have no right to: `answer` alone shows it.
    rule = fields.Integer(help="The rule's id, 0 for one that is not saved yet.")
    rules = fields.Json(help="All active rules, with the draft in its place.", groups=NO_ACCESS)
    models = fields.Json(help="The models that the sidecar may read for it.", groups=NO_ACCESS)
    result = fields.Json(groups=NO_ACCESS)

    @api.model
    def answer(self, preview):
        """What the sidecar answered, without what the user may not see; False while it has not."""
        row = self.sudo().browse(preview).exists()
        if not row or row.create_uid != self.env.user:
            raise UserError(self.env._("This preview is over: make a new one."))
        result = row.result
        return self._for_reader(row.rule, row.rules, result) if result else False

    @api.model
    def _open(self):
        """Those that wait for their answer."""
        young = self.sudo().search([("create_date", ">", fields.Datetime.now() - KEPT)])
        return young.filtered(lambda preview: not preview.result)

    @api.autovacuum
    def _gc_previews(self):
        old = fields.Datetime.now() - KEPT
        self.sudo().search([("create_date", "<=", old)]).unlink()
