from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _get_error_html(cls, env, code, values):
        """Pages for customers have none for a service that is away, and would tell nothing: neither
        which file it is nor what to do."""
        if code == 503:
            return code, env["ir.ui.view"]._render_template("http_routing.4xx", values)
        return super()._get_error_html(env, code, values)
