"""The command line of the demo."""

import argparse
import contextlib
import os
import signal
import sys

from . import shown, tour
from .demo import Demo, Trouble
from .home import Busy, Home
from .stores import KINDS


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--once", action="store_true", help="stop after the first sync")
    what.add_argument("--tour", action="store_true", help="play the tour, then stop")
    parser.add_argument("--fresh", action="store_true", help="forget the data of earlier runs")
    asked = parser.parse_args()
    kind = os.environ.get("STORE") or "folder"
    if kind not in KINDS:
        parser.error(f"STORE={kind}: choose one of {', '.join(KINDS)}")
    with Home(kind) as home:
        if asked.fresh:
            home.clear()
        with Demo(home) as demo:
            last, well = demo.first_sync(), True
            shown.tree(demo)
            shown.ways_in(demo)
            if asked.tour:
                last, well = tour.play(demo)
            elif not asked.once:
                print(f"{last}\ndemo: Ctrl-C stops it", flush=True)
                signal.pause()
    # When all has stopped, so that programs find the outcome in the last line.
    print(last, flush=True)
    return 0 if well else 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.suppress(KeyboardInterrupt):
        try:
            sys.exit(main())
        except (Busy, Trouble, TimeoutError) as error:
            sys.exit(f"demo: {error}")
