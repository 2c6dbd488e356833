from odoo import fields
from odoo.tests import tagged

from .common import AttacheCase


@tagged("post_install", "-at_install")
class TestConnection(AttacheCase):
    """What people are told of a connection, and for how long."""

    def told(self, user):
        return self.env["mail.notification"].search_count(
            [
                ("res_partner_id", "=", user.partner_id.id),
                ("mail_message_id.model", "=", "attache.connection"),
                ("mail_message_id.res_id", "=", self.connection.id),
            ]
        )

    def test_b74_whoever_follows_a_connection_is_told_once_that_it_stops(self):
        self.connection.message_subscribe(self.clerk.partner_id.ids)
        self.connection._report("active", False, {})
        self.assertFalse(self.told(self.clerk))
        for _again in range(2):
            self.connection._report("error", "The share is not mounted: mount it.", {})
        self.assertEqual((self.told(self.clerk), self.told(self.other)), (1, 0))
        self.assertIn("mount it", self.connection.message_ids[0].body)
        self.connection.message_unsubscribe(self.clerk.partner_id.ids)
        self.connection._report("active", False, {})
        self.connection._report("held", "Much would be deleted: look at it.", {})
        self.assertEqual(self.told(self.clerk), 1)

    def test_b75_how_long_the_log_is_kept_can_be_set(self):
        log = self.env["attache.log"]
        now = fields.Datetime.now()
        for days in (1, 40, 200):
            at = fields.Datetime.to_string(fields.Datetime.subtract(now, days=days))
            log._append([{"uuid": str(days), "at": at}])
        log._gc_log()
        self.assertEqual(set(log.search([]).mapped("uuid")) & {"1", "40", "200"}, {"1", "40"})
        self.env["ir.config_parameter"].sudo().set_param("attache.log_days", 30)
        log._gc_log()
        self.assertEqual(set(log.search([]).mapped("uuid")) & {"1", "40"}, {"1"})

    def test_b73_lines_that_failed_are_found(self):
        log = self.env["attache.log"]
        outcomes = ("done", "waiting: the server is away", "stuck: too large", "dropped")
        log._append([{"uuid": word, "outcome": word} for word in outcomes])
        ours = [("uuid", "in", outcomes)]
        failed = log.search([*ours, ("failed", "=", True)])
        self.assertEqual(set(failed.mapped("outcome")), set(outcomes[1:3]))
        self.assertEqual(len(log.search([*ours, ("failed", "=", False)])), 2)
