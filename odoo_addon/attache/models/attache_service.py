import hashlib
import json
import logging
import re
import secrets

from psycopg2 import OperationalError

from odoo import api, fields, models, release
from odoo.exceptions import AccessError, UserError
from odoo.fields import NO_ACCESS, Domain
from odoo.modules.module import get_manifest

from ..service_call import service_call

_logger = logging.getLogger(__name__)

PROTOCOL = 3
MAX_PAGE = 5000
SERVICE_LOGIN = "attache-sidecar"


class AttacheService(models.AbstractModel):
    """What the sidecar asks of Odoo (docs/protocol.md §1). Named arguments only; no method does
    any network call, and every one may be repeated."""

    _name = "attache.service"
    _description = "Service for the sidecar"

    @api.model
    @service_call()
    def hello(self):
        return {
            "protocol": PROTOCOL,
            "addon": get_manifest("attache")["version"],
            "odoo": release.major_version,
            "database": self.env.cr.dbname,
            "uuid": self.env["ir.config_parameter"].get_param("database.uuid"),
            "epoch": self.env["attache.feed"]._epoch(),
            "now": fields.Datetime.to_string(fields.Datetime.now()),
            "max_page": MAX_PAGE,
        }

    # -- pairing --------------------------------------------------------------------------

    @api.model
    def pair(self, secret, sidecar_url, public_url):
        """For administrators: stores the shared secret and the addresses. A new secret also gives
        a new API key of the service user and ends the one before; the same again gives none."""
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(self.env._("Only administrators pair Odoo with Attaché."))
        if not re.fullmatch(r"[0-9a-f]{64}", secret or ""):
            raise UserError(self.env._("The secret must be 64 lower-case hexadecimal digits."))
        parameters = self.env["ir.config_parameter"].sudo()
        user = self.sudo()._service_user()
        key = None
        if parameters.get_param("attache.secret") != secret:
            self.env["res.users.apikeys"].sudo().search([("user_id", "=", user.id)])._remove()
            keys = self.env["res.users.apikeys"].with_user(user).sudo()
            key = keys._generate(None, "Attaché", False)
        parameters.set_param("attache.secret", secret)
        parameters.set_param("attache.sidecar_url", sidecar_url.rstrip("/"))
        parameters.set_param("attache.public_url", public_url.rstrip("/"))
        return {"user": user.id, "login": user.login, "key": key or False}

    def _service_user(self):
        """The user that the sidecar acts as: it has the group of the sidecar and no other right."""
        users = self.env["res.users"].with_context(active_test=False, no_reset_password=True)
        user = users.search([("login", "=", SERVICE_LOGIN)])
        group = self.env.ref("attache.group_sidecar")
        if not user:
            user = users.create(
                {
                    "name": "Attaché",
                    "login": SERVICE_LOGIN,
                    "password": secrets.token_hex(32),
                    "group_ids": [fields.Command.set([group.id])],
                    "notification_type": "email",
                }
            )
        if group not in user.group_ids or not user.active:
            user.write({"active": True, "group_ids": [fields.Command.link(group.id)]})
        return user

    # -- connections and rules ------------------------------------------------------------

    @api.model
    @service_call()
    def settings(self):
        connections = self._connections().search([])  # pylint: disable=no-search-all
        rules = self.env["attache.rule"].with_context(active_test=False).search([])  # pylint: disable=no-search-all
        answer = {
            "connections": [
                {
                    "id": connection.id,
                    "uuid": connection.uuid,
                    "name": connection.name,
                    "provider": connection.provider or None,
                    "active": connection.active,
                    "root": connection.root_id.id,
                }
                for connection in connections
            ],
            "rules": [rule._to_wire() for rule in rules],
        }
        text = json.dumps(answer, sort_keys=True, default=str)
        return {"revision": hashlib.sha256(text.encode()).hexdigest()[:16], **answer}

    def _connections(self):
        return self.env["attache.connection"].with_context(active_test=False)

    def _connection(self, uuid):
        connection = self._connections().search([("uuid", "=", uuid)])
        if not connection:
            raise UserError(self.env._("There is no connection %s here: put it first.", uuid))
        return connection

    @api.model
    @service_call(writes=True)
    def put_connection(self, connection):
        vals = {
            "name": connection["name"],
            "provider": connection.get("provider"),
            "root_label": connection.get("root_label"),
            "web_url": connection.get("web_url"),
        }
        row = self._connections().search([("uuid", "=", connection["uuid"])])
        if not row:
            row = self._connections().create({"uuid": connection["uuid"], **vals})
        elif any((row[name] or None) != (value or None) for name, value in vals.items()):
            row.write(vals)
        row._ensure_root()
        return {"id": row.id, "root": self._folder_rows([row.root_id.id])[0]}

    @api.model
    @service_call(writes=True)
    def report_connection(self, uuid, state, reason=None, counts=None):
        if state not in dict(self._connections()._fields["state"].selection):
            raise UserError(self.env._("%s is no state of a connection.", state))
        self._connection(uuid)._report(state, reason, counts)
        return True

    @api.model
    @service_call(writes=True)
    def report_operations(self, uuid, proved=(), operations=None):
        """How far a connection has come. `proved`: [[file, sha1]] that the store has for sure.
        `operations`: all that is under way, tried again or stuck; what is not among them is over.
        Without it nothing is said of them."""
        connection = self._connection(uuid)
        steps = self.env["attache.operation"]
        steps._proved(proved)
        changed = steps._report(connection, operations) if operations is not None else set()
        changed.update(row[0] for row in proved)
        self.env["ir.attachment"].browse(changed).exists()._attache_tell()
        return True

    @api.model
    @service_call(writes=True)
    def report_rules(self, problems):
        """[{rule, message}]: what is wrong with rules now. With those that are not named, nothing
        is."""
        sentences = {}
        for problem in problems:
            sentences.setdefault(problem["rule"], []).append(problem["message"])
        for rule in self.env["attache.rule"].with_context(active_test=False).search([]):  # pylint: disable=no-search-all
            problem = "\n".join(sentences.get(rule.id, [])) or False
            if rule.problem != problem:
                rule.problem = problem
        return True

    @api.model
    @service_call(writes=True)
    def log(self, rows):
        return self.env["attache.log"]._append(rows)

    # -- records --------------------------------------------------------------------------

    @api.model
    @service_call(writes=True)
    def watch(self, fields):  # pylint: disable=redefined-outer-name
        return self.env["attache.watch"]._watch(fields)

    @api.model
    @service_call()
    def search_read(self, model, domain, fields, after_id=0, limit=None, with_archived=False):
        rules = self.env["attache.rule"]
        if model not in rules._readable_models():
            raise AccessError(self.env._("No active rule uses %s.", model))
        Model = self.env[model].with_context(active_test=not with_archived)
        closed = [name for name in fields if Model._fields[name].groups == NO_ACCESS]
        if closed:
            raise AccessError(self.env._("Nobody reads %s.", ", ".join(closed)))
        domain = Domain(domain) & Domain("id", ">", after_id or 0)
        return Model.search_read(domain, fields, limit=_page(limit), order="id")

    @api.model
    @service_call()
    def read_feed(self, cursor=None, limit=None):
        feed = self.env["attache.feed"]
        answer = feed._read(cursor or None, _page(limit))
        # Afterwards: its lines are for the next reading, and are none that is held back.
        try:
            with self.env.cr.savepoint():
                self.env.cr.execute("SET LOCAL lock_timeout = '1s'")
                feed._bring_home()
        except OperationalError as error:
            _logger.info("Somebody writes to files that look for their folder: later (%s)", error)
        return answer


def _page(limit):
    return min(limit or MAX_PAGE, MAX_PAGE)
