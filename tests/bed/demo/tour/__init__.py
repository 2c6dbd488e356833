"""The tour: what people do with synced files, played and checked at both ends, byte for byte."""

import time

from ..demo import Demo
from . import arrive, both, crash, drop, emptied, outage, pace, rename, turns
from .guide import Failed, Guide

STEPS = [
    ("files attached to an order arrive, are released, and work as before", arrive.play),
    ("files dropped into the store appear on their record", drop.play),
    ("renaming, editing, moving and deleting, at each side in turn", turns.play),
    ("both sides edit one file", both.play),
    ("kill -9 in the middle of many uploads", crash.play),
    ("the store goes away and comes back", outage.play),
    ("the store is emptied behind the sidecar's back", emptied.play),
    ("a project is renamed in Odoo", rename.play),
    ("how soon a change is at the other end", pace.play),
]


def play(demo: Demo) -> tuple[str, bool]:
    """Plays every step, also after one that failed. Answers the last line, and whether all went
    well."""
    guide = Guide(demo)
    for number, (title, step) in enumerate(STEPS, 1):
        print(f"tour: {number}. {title}", flush=True)
        begin = time.monotonic()
        try:
            step(guide)
        except Failed:
            pass  # it has been said and counted
        except Exception as error:  # one broken step must not hide the others' outcome
            guide.fail(f"{type(error).__name__}: {error}")
        print(f"tour:    {time.monotonic() - begin:.0f} s", flush=True)
    well = guide.passed > 0 and not guide.failed
    return f"tour: {guide.passed} passed, {guide.failed} failed", well
