"""The command line of the comparison of rights."""

import argparse
import contextlib
import signal
import sys

from .. import template
from ..odoo import Odoo
from .run import Run, play

PLANTS = ("ancestors", "editors", "holding", "lists", "record")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bed.rights", description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1, help="of the first tree; the others follow")
    parser.add_argument("--plant", choices=PLANTS, help="a fault that must be noticed")
    parser.add_argument("--most", type=int, default=3, help="failing cases after which it stops")
    asked = parser.parse_args()
    with template.cluster() as template_database:
        with Odoo(template_database.copy("rights"), idle=True) as odoo:
            print("rights: installing the addon in Odoo", flush=True)
            odoo.install("attache")
            [outcome] = play(odoo, Run(asked.cases, asked.seed, asked.plant, asked.most))
    if outcome.failures:
        print(outcome, flush=True)
    passed = outcome.cases - outcome.failed
    print(
        f"rights: seed={asked.seed} cases={outcome.cases} in {outcome.seconds:.0f} s, "
        f"{passed} passed, {outcome.failed} failed",
        flush=True,
    )
    return 1 if outcome.failed or not passed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
