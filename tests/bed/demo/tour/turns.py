"""Renaming, editing, moving and deleting one file, first in Odoo and then in the store."""

import base64

from .. import documents
from .guide import Guide, Spot


def play(guide: Guide) -> None:
    one, other = guide.task("Here"), guide.task("There")
    _in_odoo(guide, one, other)
    _in_the_store(guide, one, other)
    guide.settles()


def _in_odoo(guide: Guide, one: Spot, other: Spot) -> None:
    old, new = documents.csv(f"old {guide.run}"), documents.csv(f"new {guide.run}")
    file = guide.attach(one, "Draft.csv", old)
    guide.shown("made in Odoo", one, {"Draft.csv": old})
    mark = guide.store.files()[one / "Draft.csv"].mark

    guide.rpc("ir.attachment", "write", [file], {"name": "Final.csv"})
    guide.shown("renamed in Odoo", one, {"Final.csv": old})
    now = guide.store.files()[one / "Final.csv"].mark
    guide.holds("by a rename, without an upload", now == mark, (mark, now))

    guide.rpc("ir.attachment", "write", [file], {"datas": base64.b64encode(new).decode()})
    guide.shown("edited in Odoo", one, {"Final.csv": new})

    mark = guide.store.files()[one / "Final.csv"].mark
    place = {"res_model": other.model, "res_id": other.id}
    guide.rpc("ir.attachment", "write", [file], place)
    guide.shown("moved in Odoo, there", other, {"Final.csv": new})
    guide.shown("moved in Odoo, gone here", one, {})
    now = guide.store.files()[other / "Final.csv"].mark
    guide.holds("by a move, without an upload", now == mark, (mark, now))

    guide.rpc("ir.attachment", "unlink", [file])
    guide.shown("deleted in Odoo", other, {})


def _in_the_store(guide: Guide, one: Spot, other: Spot) -> None:
    old, new = documents.csv(f"older {guide.run}"), documents.csv(f"newer {guide.run}")
    store = guide.store
    store.write(one / "Sketch.csv", old)
    guide.shown("made in the store", one, {"Sketch.csv": old})
    [file] = guide.attached(one).values()

    store.move(one / "Sketch.csv", one / "Drawing.csv")
    guide.shown("renamed in the store", one, {"Drawing.csv": old})
    _same(guide, one, file)

    store.write(one / "Drawing.csv", new)
    guide.shown("edited in the store", one, {"Drawing.csv": new})
    _same(guide, one, file)

    store.move(one / "Drawing.csv", other / "Drawing.csv")
    guide.shown("moved in the store, there", other, {"Drawing.csv": new})
    guide.shown("moved in the store, gone here", one, {})
    _same(guide, other, file)

    store.delete(other / "Drawing.csv")
    guide.shown("deleted in the store", other, {})
    trash = guide.rpc("attache.trash", "search_count", [("attachment_id", "=", file)])
    guide.holds("it waits in Odoo's trash", trash == 1, trash)


def _same(guide: Guide, spot: Spot, file: int) -> None:
    attached = guide.attached(spot)
    guide.holds("it is the same attachment still", [*attached.values()] == [file], attached)
