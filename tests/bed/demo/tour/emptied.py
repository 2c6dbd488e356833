"""The store's root is emptied, the sidecar's own folder included, and put back later."""

from .. import documents
from .guide import Guide


def play(guide: Guide) -> None:
    task = guide.task("Kept")
    data = documents.csv(f"kept {guide.run}")
    guide.attach(task, "Kept.csv", data)
    guide.shown("a file at both ends", task, {"Kept.csv": data})
    guide.settles()
    records, there = guide.records(), guide.store.files()

    with guide.store.emptied():
        guide.comes("the guard holds the connection", lambda: stopped(guide), 180)
        guide.holds("nothing is deleted in Odoo", guide.records() == records, guide.records())
        left = list(guide.store.root.iterdir())
        guide.holds("nothing is written into the empty root", not left, left)
    guide.settles(300)
    guide.holds("the store is as it was", guide.store.files() == there)
    guide.holds("nothing was deleted in Odoo", guide.records() == records, guide.records())
    late = documents.csv(f"late {guide.run}")
    guide.attach(task, "Late.csv", late)
    guide.shown("and it goes on", task, {"Kept.csv": data, "Late.csv": late})


def stopped(guide: Guide) -> bool:
    """Whether the connection waits for its root or for a person, and Odoo shows it."""
    row = guide.rpc.one("attache.connection", [("name", "=", "Demo")], "state")
    return row["state"] in ("held", "error") and guide.api.connection()["state"] == row["state"]
