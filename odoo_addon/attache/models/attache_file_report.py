from odoo import fields, models
from odoo.tools import SQL

from .ir_attachment_bytes import SCHEME
from .ir_attachment_state import STATES


class AttacheFileReport(models.Model):
    """One line for each file in a folder, to be counted and summed: how much each connection has,
    what waits, what is stuck. Kept nowhere: Postgres computes it when somebody looks."""

    _name = "attache.file.report"
    _description = "File analysis"
    _auto = False
    _rec_name = "name"
    _order = "create_date desc, id desc"

    name = fields.Char("File", readonly=True)
    connection_id = fields.Many2one("attache.connection", readonly=True)
    folder_id = fields.Many2one("attache.folder", readonly=True)
    state = fields.Selection(STATES, readonly=True)
    res_model = fields.Char("Model", readonly=True)
    mimetype = fields.Char("Kind", readonly=True)
    create_uid = fields.Many2one("res.users", "Owner", readonly=True)
    create_date = fields.Datetime("Created", readonly=True)
    mebibytes = fields.Float("Size (MiB)", readonly=True, digits=(16, 2))
    here = fields.Float(
        "In Odoo's own storage (MiB)",
        readonly=True,
        digits=(16, 2),
        help="What Odoo still keeps itself: before the release, or without a connection.",
    )

    @property
    def _table_query(self):
        files = self.env["ir.attachment"]
        files.flush_model()
        return SQL(
            """SELECT file.id, file.name, file.res_model, file.mimetype, file.create_uid,
                      file.create_date, file.attache_folder_id AS folder_id,
                      folder.connection_id, %(state)s AS state,
                      greatest(file.attache_size, file.file_size, 0) / 1048576.0 AS mebibytes,
                      CASE WHEN file.store_fname LIKE %(scheme)s THEN 0
                           ELSE coalesce(file.file_size, 0) / 1048576.0 END AS here
                 FROM ir_attachment AS file
                 JOIN attache_folder AS folder ON folder.id = file.attache_folder_id
                WHERE file.type = 'binary' AND NOT %(closed)s""",
            closed=self.env["attache.folder"]._restricted_files_sql(
                SQL("file.attache_folder_id")
            ),
            state=files._attache_state_sql("file"),
            scheme=f"{SCHEME}%",
        )
