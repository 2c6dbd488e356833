"""What every call of the protocol has in common."""

import functools

from odoo.exceptions import AccessError
from odoo.http import request

from .context_mark import OURS

INT32 = 2**31


def service_call(writes=False):
    """Makes a method of `attache.service` one that only the sidecar may call, and that works
    with all rights inside. `writes` marks what it writes as the sidecar's own."""

    def decorate(method):
        @functools.wraps(method)
        def call(self, *args, **kwargs):
            if not self.env.user.has_group("attache.group_sidecar"):
                raise AccessError(self.env._("Only the service user of the sidecar may call this."))
            service = self.sudo().with_context(attache_sidecar=OURS, mail_create_nosubscribe=True)
            if writes:
                self.env.cr.execute("SELECT set_config('attache.origin', 'sidecar', true)")
            return _for_wire(method(service, *args, **kwargs))

        return call

    return decorate


def _for_wire(answer):
    """XML-RPC knows neither null nor whole numbers beyond 32 bits: False and a double stand for
    them there. Odoo hides the request from calls that come by XML-RPC (and the old JSON-RPC), so
    a visible one tells JSON-2."""
    return answer if request else _xmlrpc(answer)


def _xmlrpc(value):
    if value is None:
        return False
    if isinstance(value, dict):
        return {key: _xmlrpc(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_xmlrpc(item) for item in value]
    if isinstance(value, int) and not -INT32 <= value < INT32:
        return float(value)
    return value
