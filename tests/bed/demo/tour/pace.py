"""How soon a change is at the other end, with the default settings."""

import statistics
import time

from ...process import until
from .. import documents
from .guide import Guide

CHANGES = 5
GOAL = 5.0  # seconds


def play(guide: Guide) -> None:
    task = guide.task("In a hurry")
    guide.settles()
    out = [_to_store(guide, task, number) for number in range(CHANGES)]
    back = [_to_odoo(guide, task, number) for number in range(CHANGES)]
    _tell(guide, "Odoo → store", out, GOAL)
    # A WebDAV server tells nobody what changes: it is listed every 30 s.
    _tell(guide, "store → Odoo", back, GOAL if guide.store.kind == "folder" else guide.patience)


def _to_store(guide: Guide, task, number: int) -> float:
    name, data = f"Out {number}.csv", documents.csv(f"out {number} {guide.run}")
    guide.attach(task, name, data)
    begin = time.monotonic()
    until(lambda: guide.store.read(task / name) == data, guide.patience, f"{name} in the store")
    return time.monotonic() - begin


def _to_odoo(guide: Guide, task, number: int) -> float:
    name, data = f"Back {number}.csv", documents.csv(f"back {number} {guide.run}")
    guide.store.write(task / name, data)
    begin = time.monotonic()
    until(lambda: name in guide.attached(task), guide.patience, f"{name} in Odoo")
    seconds = time.monotonic() - begin
    guide.holds(f"{name} has its bytes", guide.content(guide.attached(task)[name]) == data)
    return seconds


def _tell(guide: Guide, way: str, seconds: list[float], goal: float) -> None:
    median = statistics.median(seconds)
    each = ", ".join(f"{one:.1f}" for one in seconds)
    guide.holds(f"{way}: median {median:.1f} s of {each}; goal {goal:g} s", median < goal, median)
