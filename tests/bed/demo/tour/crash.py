"""kill -9 of the sidecar in the middle of 200 uploads."""

from .. import documents
from .guide import Guide

MANY = 200
EARLY = 20


def play(guide: Guide) -> None:
    task = guide.task("Many files")
    files = {
        f"File {number:03}.bin": documents.noise(30_000 + number, (guide.run, number))
        for number in range(MANY)
    }
    values = [documents.attachment(task.model, task.id, *file) for file in files.items()]
    guide.rpc("ir.attachment", "create", values)

    def some() -> int:
        there = len(guide.store.inside(task.path))
        return there if there >= EARLY else 0

    guide.comes(f"{EARLY} of {MANY} uploads are done", some)
    guide.sidecar.kill()
    there = len(guide.store.inside(task.path))
    guide.holds(f"killed in the middle, at {there}", EARLY <= there < MANY, there)
    guide.sidecar.start()

    guide.comes("every file is there once", lambda: _all(guide, task, files), 180)
    guide.comes("and released", lambda: guide.released(*guide.attached(task).values()), 180)
    guide.shown("Odoo gives each with its bytes", task, files)
    guide.settles()


def _all(guide: Guide, task, files: dict[str, bytes]) -> bool:
    return guide.store.inside(task.path) == files
