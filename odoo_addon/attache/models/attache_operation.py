from odoo import api, fields, models
from odoo.tools import SQL

TOLD = ("kind", "side", "subject", "reason", "state", "percent", "message", "next_at")


class AttacheOperation(models.Model):
    """What the sidecar does at present, what it will try again, and what needs a person. Each
    report replaces the lines of its connection, so what is over goes by itself."""

    _name = "attache.operation"
    _description = "Next step"
    _order = "urgency, next_at, id"
    _rec_name = "subject"
    _log_access = False

    uuid = fields.Char(required=True, readonly=True)
    connection_id = fields.Many2one(
        "attache.connection", required=True, readonly=True, index=True, ondelete="cascade"
    )
    kind = fields.Char("Operation", readonly=True)
    side = fields.Char(readonly=True)
    subject = fields.Char(readonly=True)
    reason = fields.Char(readonly=True)
    state = fields.Selection(
        [("stuck", "Needs a person"), ("intended", "Under way"), ("waiting", "Tried again")],
        required=True,
        readonly=True,
    )
    urgency = fields.Integer(compute="_compute_urgency", store=True)
    percent = fields.Integer(readonly=True)
    message = fields.Char("What is wrong", readonly=True)
    next_at = fields.Datetime("Not before", readonly=True)
    folder_id = fields.Many2one(
        "attache.folder", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    file_id = fields.Many2one(
        "ir.attachment", readonly=True, index="btree_not_null", ondelete="cascade"
    )

    _uuid_unique = models.Constraint("UNIQUE (connection_id, uuid)", "This step is here already.")

    @api.depends("state")
    def _compute_urgency(self):
        for operation in self:
            operation.urgency = ["stuck", "intended", "waiting"].index(operation.state)

    @api.model
    def _report(self, connection, rows):
        """Makes these the open operations of a connection. Answers the ids of the files of which
        something else is said now."""
        ours = [("connection_id", "=", connection.id)]
        present = {operation.uuid: operation for operation in self.search(ours)}
        files = set(self.env["ir.attachment"].browse(_ids(rows, "file")).exists().ids)
        folders = set(self.env["attache.folder"].browse(_ids(rows, "folder")).exists().ids)
        changed, made = set(), {}
        for row in rows:
            operation = present.pop(row["id"], None)
            vals = {name: row.get(name) or False for name in TOLD}
            vals["percent"] = row.get("percent") or 0
            if operation is None:
                made[row["id"]] = {
                    "uuid": row["id"],
                    "connection_id": connection.id,
                    "file_id": row.get("file") in files and row["file"],
                    "folder_id": row.get("folder") in folders and row["folder"],
                    **vals,
                }
            elif operation._said() != vals:
                operation.write(vals)
                changed.update(operation.file_id.ids)
        over = self.browse(operation.id for operation in present.values())
        changed.update(over.file_id.ids)
        over.unlink()
        self.create(list(made.values()))
        changed.update(vals["file_id"] for vals in made.values() if vals["file_id"])
        return changed

    def _said(self):
        said = {name: self[name] for name in TOLD}
        return {**said, "next_at": fields.Datetime.to_string(self.next_at)}

    @api.model
    def _proved(self, rows):
        """Remembers which contents the cloud has for sure: [(file id, sha1)]. One statement, and no
        write that anybody would take for a change of the file."""
        if not rows:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """UPDATE ir_attachment AS file SET attache_proved = new.sha1
                     FROM (VALUES %s) AS new (id, sha1)
                    WHERE file.id = new.id AND file.attache_proved IS DISTINCT FROM new.sha1""",
                SQL(", ").join(SQL("(%s, %s)", *row) for row in rows),
            )
        )
        files = self.env["ir.attachment"].browse(row[0] for row in rows)
        files.invalidate_recordset(["attache_proved"])


def _ids(rows, name):
    return [row[name] for row in rows if row.get(name)]
