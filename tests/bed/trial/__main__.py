"""The command line of the trial."""

import argparse
import contextlib
import os
import secrets
import signal
import subprocess
import sys
import traceback

from .. import place, template
from ..demo.stores import KINDS
from ..odoo import Odoo
from .rounds import Rounds
from .stage import Stage

USUAL = {"crash": 20, "soak": 40}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bed.trial", description=__doc__)
    parser.add_argument("what", choices=USUAL)
    parser.add_argument("--rounds", type=int, help="how many: 20 of crash, 40 of soak")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--store", choices=KINDS, default="folder")
    parser.add_argument("--first", type=int, default=1, help="the number of the first round")
    parser.add_argument("--tell", action="store_true", help="print every deed")
    asked = parser.parse_args()
    rounds = range(asked.first, asked.first + (asked.rounds or USUAL[asked.what]))
    if "ATTACHE_BIN" not in os.environ:
        print(f"{asked.what}: building the sidecar", flush=True)
        if subprocess.run(["cargo", "build", "--quiet"], cwd=place.REPO).returncode:
            sys.exit(f"{asked.what}: the sidecar does not build")
    passed, failed = 0, 0
    try:
        passed, failed = play(asked.what, rounds, asked)
    except Exception as error:  # the last line must come all the same
        traceback.print_exc()
        print(f"{asked.what}: FAILED  {type(error).__name__}: {error}", flush=True)
        failed += 1
    # When all has stopped, so that programs find the outcome in the last line.
    print(
        f"{asked.what}: seed={asked.seed} rounds={len(rounds)} {passed} passed, {failed} failed",
        flush=True,
    )
    return 1 if failed or not passed else 0


def play(what: str, rounds: range, asked: argparse.Namespace) -> tuple[int, int]:
    """Sets everything up, plays, and answers how many checks passed and failed."""
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(template.cluster()).copy("trial")
        odoo = stack.enter_context(Odoo(database, workers=2, idle=True))
        print(f"{what}: installing the addon in Odoo", flush=True)
        odoo.install("attache")
        odoo.start()
        stage = stack.enter_context(Stage(odoo, asked.store))
        played = Rounds(stage, what, asked.seed, asked.tell)
        getattr(played, what)(rounds)
    return played.passed, played.failed


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
