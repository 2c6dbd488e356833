from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .attache_service_tree import EMPTY
from .ir_attachment_bytes import SCHEME

STATES = [
    ("local", "In Odoo"),
    ("waiting", "Waiting"),
    ("syncing", "Syncing"),
    ("cloud", "In the cloud"),
    ("conflict", "Conflict"),
    ("stuck", "Stuck"),
]


class IrAttachment(models.Model):
    """How far a file has come, told by what is known here: nobody is asked over the network."""

    _inherit = "ir.attachment"  # pylint: disable=consider-merging-classes-inherited

    # Whose bytes the cloud has for sure, by the sidecar's proof. Another content is another
    # checksum, so an edit needs nobody to take this back.
    attache_proved = fields.Char(
        "Proved in the cloud", size=40, copy=False, readonly=True, groups="base.group_system"
    )
    attache_operation_ids = fields.One2many(
        "attache.operation", "file_id", groups="base.group_system"
    )
    attache_state = fields.Selection(
        STATES,
        "State",
        compute="_compute_attache_state",
        search="_search_attache_state",
        help="In Odoo: no connection has it. Waiting: the cloud will get it. Syncing: it is on "
        "its way. In the cloud: the cloud has just these bytes. Conflict: both sides changed it. "
        "Stuck: a person is needed.",
    )
    attache_percent = fields.Integer("Percent", compute="_compute_attache_state")
    attache_state_text = fields.Char("Why, and what to do", compute="_compute_attache_state")

    @api.depends(
        "attache_folder_id", "checksum", "store_fname", "attache_proved", "attache_operation_ids"
    )
    def _compute_attache_state(self):
        states = self._attache_states()
        for file in self:
            first = file.sudo().attache_operation_ids[:1]
            file.attache_state = states.get(file.id, "local")
            file.attache_percent = file.attache_state == "syncing" and first.percent
            file.attache_state_text = first.message or file._attache_why()

    def _attache_why(self):
        """What is to be said of a file of which the sidecar says nothing."""
        folder = self.sudo().attache_folder_id
        connection = folder.connection_id
        if folder.stopped:
            return self.env._("Its record matches no rule any more, so it is not synced.")
        if self.attache_state != "waiting" or not connection:
            return False
        if connection.state == "paused":
            return self.env._("The connection %s is paused.", connection.name)
        if connection.state == "error":
            return self.env._(
                "The connection %s does not work at present. It goes on by itself once it does.",
                connection.name,
            )
        return False

    def _attache_states(self):
        if not self.ids:
            return {}
        self.flush_model(["attache_folder_id", "checksum", "store_fname", "attache_proved"])
        self.env["attache.folder"].flush_model(["connection_id", "stopped"])
        self.env["attache.operation"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT id, %s FROM ir_attachment WHERE id IN %s",
                self._attache_state_sql("ir_attachment"),
                tuple(self.ids),
            )
        )
        return dict(rows)

    def _search_attache_state(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        names = tuple(name for name in value if name) or ("",)

        def to_sql(model, alias, query):
            model.flush_model(["attache_folder_id", "checksum", "store_fname", "attache_proved"])
            return SQL("%s IN %s", self._attache_state_sql(alias), names)

        domain = Domain.custom(to_sql=to_sql)
        return domain if operator == "in" else ~domain

    @api.model
    def _attache_state_sql(self, alias):
        file = SQL.identifier(alias)
        return SQL(
            """coalesce(
                (SELECT CASE WHEN step.state = 'stuck' THEN 'stuck'
                             WHEN step.kind = 'agree' THEN 'conflict'
                             WHEN step.state = 'intended' THEN 'syncing'
                             ELSE 'waiting' END
                   FROM attache_operation AS step
                  WHERE step.file_id = %(file)s.id
                    AND (step.state = 'stuck' OR step.kind NOT IN ('prove', 'release'))
                  ORDER BY step.urgency LIMIT 1),
                CASE WHEN %(file)s.store_fname LIKE %(scheme)s THEN 'cloud'
                     WHEN NOT EXISTS (
                            SELECT 1 FROM attache_folder AS home
                             WHERE home.id = %(file)s.attache_folder_id AND home.stopped IS NOT TRUE
                               AND home.connection_id IS NOT NULL) THEN 'local'
                     WHEN %(file)s.attache_proved = coalesce(%(file)s.checksum, %(empty)s)
                     THEN 'cloud'
                     ELSE 'waiting' END)""",
            file=file,
            scheme=f"{SCHEME}%",
            empty=EMPTY,
        )
