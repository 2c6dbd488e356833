from odoo import api, models

from ..service_call import service_call


class AttacheService(models.AbstractModel):
    """Previews, as the sidecar reads and answers them."""

    _inherit = "attache.service"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    @service_call()
    def read_preview(self, id):
        """{rule, rules} of a preview; null when it is gone or has its answer."""
        row = self.env["attache.preview"].browse(id).exists()
        return {"rule": row.rule, "rules": row.rules} if row and not row.result else None

    @api.model
    @service_call(writes=True)
    def put_preview(self, id, result):
        """The answer to a preview. One that is gone is no matter: nobody waits for it."""
        row = self.env["attache.preview"].browse(id).exists()
        if row:
            row.result = result
        return bool(row)
