from odoo import api, fields, models
from odoo.exceptions import UserError


class AttacheConnection(models.Model):
    """Mirrors one authorised place in one cloud; the sidecar owns it, people watch it here."""

    _name = "attache.connection"
    _description = "Cloud connection"
    _inherit = ["mail.thread"]
    _order = "name, id"

    name = fields.Char(required=True)
    uuid = fields.Char("Identity", required=True, readonly=True, copy=False)
    provider = fields.Char(readonly=True)
    active = fields.Boolean(default=True)
    root_id = fields.Many2one("attache.folder", "Root folder", readonly=True, copy=False)
    root_label = fields.Char("Root folder in the cloud", readonly=True)
    web_url = fields.Char("Address in the cloud", readonly=True)
    state = fields.Selection(
        [("active", "Active"), ("paused", "Paused"), ("held", "Held"), ("error", "Error")],
        default="active",
        required=True,
        readonly=True,
        tracking=True,
    )
    reason = fields.Text(readonly=True)
    counts = fields.Json(readonly=True)
    counts_text = fields.Char("Counts", compute="_compute_counts_text")
    reported_at = fields.Datetime("Last report", readonly=True)

    _uuid_unique = models.Constraint("UNIQUE (uuid)", "This connection is here already.")

    @api.depends("counts")
    def _compute_counts_text(self):
        for connection in self:
            counts = connection.counts or {}
            connection.counts_text = ", ".join(f"{name} {n}" for name, n in counts.items())

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """The database would delete the folders with it, and nobody would ask what becomes of
        their files: of released bytes, and of those that are for some people only."""
        raise UserError(self.env._("Archive the connection instead: its folders hold files."))

    def _ensure_root(self):
        """The root folder, made when it is not there."""
        for connection in self.filtered(lambda c: not c.root_id):
            connection.root_id = self.env["attache.folder"].create(
                {"name": connection.name, "kind": "root", "own_connection_id": connection.id}
            )

    def _report(self, state, reason, counts):
        """Shows what the sidecar says; followers are told when it turns bad."""
        self.ensure_one()
        turns_bad = state in ("error", "held") and self.state != state
        self.write(
            {
                "state": state,
                "reason": reason or False,
                "counts": counts or {},
                "reported_at": fields.Datetime.now(),
            }
        )
        if turns_bad:
            # The mail goes out with the queue: nothing here waits for a network.
            self.with_context(mail_notify_force_send=False).message_post(
                body=reason or self.env._("The connection needs a person."),
                subtype_xmlid="attache.mt_trouble",
            )

    @api.model
    def action_open_attache(self):
        """Opens the admin page of the sidecar with a ticket that works once."""
        return {
            "type": "ir.actions.act_url",
            "url": self.env["attache.sidecar"]._admin_url(),
            "target": "new",
        }
