"""The store cannot be reached for a while."""

from .. import documents
from .guide import Guide


def play(guide: Guide) -> None:
    task = guide.task("Away")
    before, after = documents.csv(f"before {guide.run}"), documents.csv(f"after {guide.run}")
    guide.attach(task, "Before.csv", before)
    guide.shown("a file at both ends", task, {"Before.csv": before})
    guide.settles()
    files, trash = guide.records()
    there = guide.store.files()

    with guide.store.away():
        guide.attach(task, "Meanwhile.csv", after)
        guide.comes("the sidecar notices", lambda: noticed(guide), guide.patience * 2)
        guide.holds("nothing is deleted in Odoo", guide.records() == (files + 1, trash))
    lost = there.keys() - guide.store.files().keys()
    guide.holds("nothing is lost in the store", not lost, lost)
    guide.shown(
        "the file of meanwhile arrives by itself",
        task,
        {"Before.csv": before, "Meanwhile.csv": after},
        180,
    )
    guide.settles()
    guide.holds("nothing was deleted in Odoo", guide.records() == (files + 1, trash))


def noticed(guide: Guide) -> bool:
    """Whether the sidecar says that the store is in trouble, and has told Odoo."""
    row = guide.rpc.one("attache.connection", [("name", "=", "Demo")], "reason")
    return bool(row["reason"] and guide.api.connection()["reason"])
