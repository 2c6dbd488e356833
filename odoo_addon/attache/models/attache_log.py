from odoo import api, fields, models
from odoo.fields import Domain

PARAMETER = "attache.log_days"
KEPT_DAYS = 180
FAILED = ("waiting", "stuck")  # how outcomes begin that are no success


class AttacheLog(models.Model):
    """What the sidecar did, why, and what came of it."""

    _name = "attache.log"
    _description = "Sync log"
    _order = "at desc, id desc"
    _rec_name = "subject"
    _log_access = False

    uuid = fields.Char(required=True, readonly=True)
    connection_id = fields.Many2one(
        "attache.connection", readonly=True, index=True, ondelete="cascade"
    )
    at = fields.Datetime("Time", required=True, readonly=True, index=True)
    kind = fields.Char("Operation", readonly=True)
    side = fields.Char(readonly=True)
    subject = fields.Char(readonly=True)
    folder_id = fields.Many2one(
        "attache.folder", readonly=True, index="btree_not_null", ondelete="set null"
    )
    file_id = fields.Many2one(
        "ir.attachment", readonly=True, index="btree_not_null", ondelete="set null"
    )
    reason = fields.Char(readonly=True)
    outcome = fields.Char(readonly=True)
    failed = fields.Boolean(compute="_compute_failed", search="_search_failed")
    detail = fields.Text(readonly=True)

    _uuid_unique = models.Constraint("UNIQUE (uuid)", "This line is here already.")

    @api.depends("outcome")
    def _compute_failed(self):
        for line in self:
            line.failed = (line.outcome or "").startswith(FAILED)

    def _search_failed(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        failed = Domain.OR([("outcome", "=like", f"{word}%")] for word in FAILED)
        return failed if (operator == "in") == (True in value) else ~failed

    @api.model
    def _append(self, rows):
        """Adds lines; a uuid that is there already is skipped."""
        known = set(self.search([("uuid", "in", [row["uuid"] for row in rows])]).mapped("uuid"))
        connections = self.env["attache.connection"].with_context(active_test=False).search([])  # pylint: disable=no-search-all
        by_uuid = {connection.uuid: connection.id for connection in connections}
        folders = set(self.env["attache.folder"].browse(_ids(rows, "folder")).exists().ids)
        files = set(self.env["ir.attachment"].browse(_ids(rows, "file")).exists().ids)
        fresh = {}
        for row in rows:
            if row["uuid"] in known:
                continue
            fresh[row["uuid"]] = {
                "uuid": row["uuid"],
                "connection_id": by_uuid.get(row.get("connection"), False),
                "at": row.get("at") or fields.Datetime.now(),
                "folder_id": row.get("folder") in folders and row["folder"],
                "file_id": row.get("file") in files and row["file"],
                **{
                    name: row.get(name) or False
                    for name in ("kind", "side", "subject", "reason", "outcome", "detail")
                },
            }
        self.create(list(fresh.values()))
        return len(fresh)

    @api.autovacuum
    def _gc_log(self):
        days = int(self.env["ir.config_parameter"].sudo().get_param(PARAMETER, KEPT_DAYS))
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=days)
        self.search([("at", "<", limit)], limit=10_000).unlink()


def _ids(rows, name):
    return [row[name] for row in rows if row.get(name)]
