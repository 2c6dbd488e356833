import base64
import hashlib
import hmac
import json
import logging
import threading
import time

import requests

from odoo import api, models
from odoo.exceptions import UserError

from ..context_mark import is_ours

_logger = logging.getLogger(__name__)

FILE_LIFE, ADMIN_LIFE = 120, 60  # seconds, the longest that the sidecar accepts
TIMEOUT = (2, 20)  # seconds to connect, and between two pieces
NUDGE_TIMEOUT = 0.3
CHUNK = 256 * 1024


class FileUnavailable(UserError):
    """A released file's bytes cannot be had now. Never answered by empty bytes."""

    http_status = 503


class AttacheSidecar(models.AbstractModel):
    """The program beside Odoo: what we sign for it, what we ask of it, how we wake it."""

    _name = "attache.sidecar"
    _description = "Sidecar"

    def _parameter(self, name):
        return self.env["ir.config_parameter"].sudo().get_param(f"attache.{name}") or ""

    def _key(self):
        """The key of every signature: the secret as it is written, 64 characters."""
        secret = self._parameter("secret")
        if not secret:
            raise FileUnavailable(
                self.env._("This database is not paired with Attaché: run `attache pair`.")
            )
        return secret.encode()

    def _sign(self, payload):
        text = _base64url(json.dumps(payload, separators=(",", ":")).encode())
        mac = hmac.new(self._key(), text.encode(), hashlib.sha256).digest()
        return f"{text}.{_base64url(mac)}"

    def _token(self, kind, life, **more):
        return self._sign(
            {
                "v": 1,
                "db": self.env["ir.config_parameter"].sudo().get_param("database.uuid"),
                "kind": kind,
                "id": 0,
                "sha1": "",
                "name": "",
                "type": "",
                "inline": False,
                "user": self.env.uid or 0,
                "exp": int(time.time()) + life,
                **more,
            }
        )

    def _admin_url(self):
        if not self.env.user.has_group("attache.group_admin"):
            raise UserError(self.env._("Only members of Attaché / Administration may do this."))
        return f"{self._parameter('public_url')}/admin?ticket={self._token('admin', ADMIN_LIFE)}"

    # -- reading released files -----------------------------------------------------------

    @api.model
    def _open(self, attachment, byte_range=None):
        """The sidecar's answer (status 200, 206 or 416) for one released file, not yet read.

        Raises FileUnavailable with the reason for anything else. The caller closes it.
        """
        attachment.ensure_one()
        if is_ours(self.env, "attache_sidecar"):
            # The sidecar waits for this very call: it must not wait for the sidecar.
            raise self._unavailable(attachment, self.env._("The sidecar reads its own files."))
        token = self._token(
            "file",
            FILE_LIFE,
            id=attachment.id,
            sha1=attachment.checksum or "",
            name=attachment.name or "",
            type=attachment.mimetype or "",
        )
        headers = {"Accept-Encoding": "identity"}
        if byte_range:
            headers["Range"] = byte_range
        session = requests.Session()
        session.trust_env = False  # the sidecar is a neighbour: no proxy stands between
        try:
            answer = session.get(
                f"{self._parameter('sidecar_url')}/files/{token}",
                headers=headers,
                stream=True,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise self._unavailable(attachment, self.env._("Attaché does not answer.")) from error
        if answer.status_code in (200, 206, 416):
            size = answer.headers.get("Content-Length")
            if answer.status_code == 200 and size != str(attachment._attache_bytes()):
                answer.close()
                raise self._unavailable(
                    attachment, self.env._("Its size in the cloud is not what it should be.")
                )
            return answer
        answer.close()
        reasons = {
            403: self.env._("Attaché does not accept this database's signature: pair them again."),
            404: self.env._("The cloud no longer has it."),
            409: self.env._("It is being replaced by a newer version: try again."),
            503: self.env._("The cloud does not answer: try again later."),
        }
        raise self._unavailable(
            attachment,
            reasons.get(
                answer.status_code,
                self.env._("Attaché answered with status %s.", answer.status_code),
            ),
        )

    def _unavailable(self, attachment, reason):
        return FileUnavailable(
            self.env._(
                "The file %(name)s is kept in the cloud and cannot be read now. %(reason)s",
                name=attachment.name,
                reason=reason,
            )
        )

    @api.model
    def _pieces(self, attachment, answer, size):
        """The whole content of an opened file, piece by piece. The last piece is given only when
        all of it is what it should be; else FileUnavailable. Asks nothing of the database."""
        error = self._unavailable(attachment, self.env._("The transfer broke off or was damaged."))
        return _checked(answer, size, attachment.checksum, error)

    def _unreachable(self):
        """Why the sidecar cannot be reached; empty when it can."""
        url = self._parameter("sidecar_url")
        if not url or not self._parameter("secret"):
            return self.env._("this database is not paired with Attaché.")
        try:
            session = requests.Session()
            session.trust_env = False
            session.get(f"{url}/healthz", timeout=TIMEOUT[0], allow_redirects=False).close()
        except requests.RequestException:
            return self.env._("Attaché does not answer at %s.", url)
        return ""

    # -- waking it ------------------------------------------------------------------------

    @api.model
    def _nudge(self):
        """Asks the sidecar, once this transaction is committed, to look at the feed soon.

        Once a transaction, on a thread of its own, and it may be lost. Not for the sidecar's own
        writes.
        """
        data = self.env.cr.postcommit.data
        if is_ours(self.env, "attache_sidecar") or data.get("attache.nudge"):
            return
        data["attache.nudge"] = True
        url, secret = self._parameter("sidecar_url"), self._parameter("secret")
        if not url or not secret:
            return
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")

        @self.env.cr.postcommit.add
        def send():
            body = json.dumps({"db": uuid, "at": int(time.time())}).encode()
            mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
            thread = threading.Thread(
                target=_post, args=(f"{url}/hooks/odoo", body, mac), name="attache.nudge"
            )
            thread.daemon = True
            thread.start()


def _post(url, body, mac):
    headers = {"X-Attache-Signature": mac, "Content-Type": "application/json"}
    try:
        session = requests.Session()
        session.trust_env = False
        session.post(url, data=body, headers=headers, timeout=NUDGE_TIMEOUT).close()
    except requests.RequestException:
        _logger.debug("the nudge was lost")


def _checked(answer, size, sha1, error):
    digest, count, held = hashlib.sha1(), 0, None
    try:
        for piece in answer.iter_content(CHUNK):
            digest.update(piece)
            count += len(piece)
            if held is not None:
                yield held
            held = piece
    except requests.RequestException as cause:
        raise error from cause
    finally:
        answer.close()
    if count != size or digest.hexdigest() != sha1:
        raise error
    if held is not None:
        yield held


def _base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
