"""kill -9 of the sidecar in the middle of 200 uploads."""

from ...process import until
from .. import documents
from .guide import Guide

MANY = 200
EARLY = 20
# Tries to be in the middle; each with files of twice the size, which take longer.
TRIES = 5


def play(guide: Guide) -> None:
    for size in (20_000 << number for number in range(TRIES)):
        task = guide.task(f"Many files of {size} bytes")
        files = {
            f"File {number:03}.bin": documents.noise(size + number, (guide.run, size, number))
            for number in range(MANY)
        }
        values = [documents.attachment(task.model, task.id, *file) for file in files.items()]
        guide.rpc("ir.attachment", "create", values)
        _some_arrive(guide, task)
        guide.sidecar.kill()
        there = _count(guide, task)
        if there < MANY:
            break
        guide.sidecar.start()
    guide.holds(f"killed in the middle, at {there}", EARLY <= there < MANY, there)
    guide.sidecar.start()

    guide.comes("every file is there once", lambda: _all(guide, task, files), 180)
    guide.comes("and released", lambda: guide.released(*guide.attached(task).values()), 180)
    guide.shown("Odoo gives each with its bytes", task, files)
    guide.settles()


def _some_arrive(guide: Guide, task) -> None:
    # As tight as can be: all of them may take less than a second.
    some = f"{EARLY} of {MANY} uploads are done"
    until(lambda: _count(guide, task) >= EARLY, guide.patience, some, every=0.002)


def _count(guide: Guide, task) -> int:
    return guide.store.count(task.path)


def _all(guide: Guide, task, files: dict[str, bytes]) -> bool:
    return guide.store.inside(task.path) == files
