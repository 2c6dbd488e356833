from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Messages still show files that were put into a folder for some people only before."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    closed = env["attache.folder"].search([("kind", "=", "manual"), ("restricted", "=", True)])
    closed._below()._files()._attache_settle_messages()
