"""A project is renamed in Odoo: its tasks' folders follow, and no byte is sent again."""

from .. import documents
from .guide import Guide

TASKS = 3


def play(guide: Guide) -> None:
    project = guide.project("Bridge")
    tasks = [guide.task(f"Pillar {number}", project) for number in range(TASKS)]
    files = {}
    for number, task in enumerate(tasks):
        for name in ("Plan.csv", "Costs.csv"):
            files[task.id, name] = documents.csv(f"{name} {number} {guide.run}")
            guide.attach(task, name, files[task.id, name])
    for task in tasks:
        own = {name: data for (at, name), data in files.items() if at == task.id}
        guide.comes(f"files of {task.path}", lambda t=task, own=own: guide.shows(t, own))
    guide.settles()
    before = guide.store.files()
    sent = _uploads(guide)

    guide.rpc("project.project", "write", [project], {"name": f"Tunnel {guide.run}"})
    old, new = f"Bridge {guide.run}", f"Tunnel {guide.run}"
    moved = {
        path.replace(f"/{old}/", f"/{new}/"): seen
        for path, seen in before.items()
        if f"/{old}/" in path
    }
    guide.comes("the folders follow", lambda: moved.keys() <= guide.store.files().keys())
    now = guide.store.files()
    same = all(now[path] == seen for path, seen in moved.items())
    guide.holds("by moves: every file is the same on the disk", same)
    guide.holds("no byte is sent again", _uploads(guide) == sent)
    stays = [path for path in now if f"/{old}/" in path]
    guide.holds("nothing stays at the old place", not stays, stays)
    for task in tasks:
        own = {name: data for (at, name), data in files.items() if at == task.id}
        guide.shown("and Odoo gives the bytes", guide.spot(task.model, task.id), own)
    guide.settles()


def _uploads(guide: Guide) -> object:
    """Grows with each file that is sent to the store."""
    if guide.store.kind == "webdav":
        return guide.store.uploads()
    return {seen.mark for seen in guide.store.files().values()}
