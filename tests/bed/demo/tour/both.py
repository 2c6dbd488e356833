"""Both sides edit one file while nobody looks: both versions survive."""

import base64

from .. import documents
from .guide import Guide


def play(guide: Guide) -> None:
    task = guide.task("Edited twice")
    first, ours, theirs = (documents.csv(f"{who} {guide.run}") for who in ("we", "Odoo", "store"))
    file = guide.attach(task, "Offer.csv", first)
    guide.shown("one file at both ends", task, {"Offer.csv": first})
    guide.settles()

    guide.sidecar.stop()
    try:
        guide.rpc("ir.attachment", "write", [file], {"datas": base64.b64encode(ours).decode()})
        guide.store.write(task / "Offer.csv", theirs)
    finally:
        guide.sidecar.start()

    def both() -> dict[str, bytes] | None:
        found = guide.store.inside(task.path)
        return found if sorted(found.values()) == sorted([ours, theirs]) else None

    found = guide.comes("both versions are in the store", both)
    kept = found["Offer.csv"] == ours
    guide.holds("Odoo's keeps the name", kept, sorted(found))
    guide.shown("and both are on the record", task, found)
    guide.settles()
