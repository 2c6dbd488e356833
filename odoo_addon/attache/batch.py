"""Batches of operations, each standing alone."""

import itertools
import logging

from odoo.exceptions import AccessError, UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)


class Refusal(Exception):
    """One item is not done. `code`: missing, changed, forbidden, invalid. `row`: id of the entry
    that is in the way, to be told as it is now."""

    def __init__(self, code, message, row=None):
        super().__init__(message)
        self.code, self.message, self.row = code, message, row


def run(env, items, handlers, rows):
    """Does all items and answers the protocol's Results, in order.

    Neighbours with the same `op` go to its handler in one call, which answers for each an id,
    None, or a Refusal, and works set by set. Only when that call fails is it taken back and
    done item by item, so that one bad item never spoils another. `rows` reads entries by ids.
    """
    outcomes = []
    # Odoo's groupby would bring together what does not stand together.
    # pylint: disable-next=bad-builtin-groupby
    for op, group in itertools.groupby(items, key=lambda item: item.get("op")):
        group = list(group)
        handler = handlers.get(op)
        if handler is None:
            outcomes += [Refusal("invalid", f"there is no operation {op}")] * len(group)
        else:
            outcomes += _together(env, handler, group)
    ids = [getattr(outcome, "row", outcome) for outcome in outcomes]
    found = {row["id"]: row for row in rows([entry for entry in ids if entry])}
    return [
        {"ok": False, "code": outcome.code, "message": outcome.message, "row": found.get(entry)}
        if isinstance(outcome, Refusal)
        else {"ok": True, "row": found.get(entry)}
        for outcome, entry in zip(outcomes, ids, strict=True)
    ]


def _together(env, handler, group):
    try:
        with env.cr.savepoint():
            return handler(group)
    except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
        raise  # Odoo repeats the whole call
    except Exception as error:
        env.invalidate_all()
        if len(group) > 1:
            return [outcome for item in group for outcome in _together(env, handler, [item])]
        return [_refusal(error)]


def _refusal(error):
    if isinstance(error, Refusal):
        return error
    if isinstance(error, AccessError):
        return Refusal("forbidden", str(error))
    if not isinstance(error, UserError):
        _logger.warning("an item of a batch failed", exc_info=error)
    return Refusal("invalid", str(error) or type(error).__name__)
