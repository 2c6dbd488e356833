"""Rules as a file to keep, to compare, or to carry to another database."""

from odoo import http
from odoo.http import content_disposition, request


class Rules(http.Controller):
    @http.route("/attache/rules.toml", type="http", auth="user", methods=["GET"], readonly=True)
    def export(self, ids=""):
        """The chosen rules, all without a choice; for administrators of Attaché."""
        rules = request.env["attache.rule"].with_context(active_test=False)
        if chosen := [int(rule) for rule in ids.split(",") if rule.isdecimal()]:
            rules = rules.search([("id", "in", chosen)])
        headers = [
            ("Content-Type", "application/toml; charset=utf-8"),
            ("Content-Disposition", content_disposition("rules.toml")),
            ("X-Content-Type-Options", "nosniff"),
        ]
        return request.make_response(rules._to_toml(), headers)
