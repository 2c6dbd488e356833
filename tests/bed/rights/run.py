"""Starts an Odoo process that plays cases, and reads what came of it."""

import json
import shutil
from dataclasses import astuple, dataclass
from pathlib import Path

from .. import process
from ..odoo import Odoo

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Run:
    """`cases` from the tree `seed` on, with a fault of `plants` put in; after `most` failing ones
    it stops."""

    cases: int
    seed: int = 1
    plant: str | None = None
    most: int = 3


@dataclass(frozen=True)
class Outcome:
    """What came of a run. A case is one person who looks at one tree."""

    cases: int
    failed: int
    seconds: float
    failures: list[dict]

    def __str__(self) -> str:
        return "\n".join(map(tell, self.failures))


def tell(failure: dict) -> str:
    """A failing case, for people."""
    wrong = "\n".join(f"  {line}" for line in failure["wrong"][:6])
    head = f"seed {failure['seed']}: {failure['all']} differences; the smallest tree with one:"
    return f"{head}\n{failure['tree']}\n{wrong}"


def play(odoo: Odoo, *runs: Run) -> list[Outcome]:
    """Plays in a process of a stopped Odoo with the addon, whose database is of no use later."""
    room = odoo.folder / "rights"
    shutil.copytree(HERE, room / "rights", ignore=shutil.ignore_patterns("__pycache__"))
    process.own(room)
    out = room / "out.json"
    code = (
        f"import sys; sys.path.insert(0, {str(room)!r})\n"
        "from rights import play\n"
        f"play.main(env, {[astuple(run) for run in runs]!r}, {str(out)!r})\n"
    )
    odoo.shell(code, seconds=300 + 3 * sum(run.cases for run in runs))
    return [Outcome(**told) for told in json.loads(out.read_text())]
