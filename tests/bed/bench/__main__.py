"""The command line of the bench."""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time

from .. import place, template
from ..apache import Apache
from ..odoo import Odoo
from ..process import scratch
from . import rivals
from .attache import Attache
from .corpus import CORPORA, Corpus
from .report import Report


def say(text: str) -> None:
    """One line of progress."""
    print(f"bench: {text}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("corpora", nargs="*", metavar="CORPUS", help="small, large")
    parser.add_argument("--alone", action="store_true", help="only the sidecar, no other program")
    asked = parser.parse_args()
    names = asked.corpora or list(CORPORA)
    if unknown := set(names) - CORPORA.keys():
        parser.error(f"no corpus {', '.join(sorted(unknown))}: there are {', '.join(CORPORA)}")
    if "ATTACHE_BIN" not in os.environ:
        say("building the sidecar as it is released")
        if subprocess.run(["cargo", "build", "--quiet", "--release"], cwd=place.REPO).returncode:
            sys.exit("bench: the sidecar does not build")
        target = os.environ.get("CARGO_TARGET_DIR", place.REPO / "target")
        os.environ["ATTACHE_BIN"] = f"{target}/release/attache"
    report = Report()
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(template.cluster()).copy("bench")
        odoo = stack.enter_context(Odoo(database, workers=2, cron_threads=1, idle=True))
        apache = stack.enter_context(Apache())
        folder = stack.enter_context(scratch("bench"))
        corpora = [CORPORA[name] for name in names]
        for corpus in corpora:
            say(f"making {corpus.files} files of {corpus.size // 1024} KiB in Odoo and on disk")
            corpus.fill(odoo)
            corpus.write(folder / corpus.name)
        for corpus in [] if asked.alone else corpora:
            beside(corpus, odoo, apache, folder, report)
        say("installing the addon in Odoo")
        odoo.install("attache")
        odoo.start()
        with Attache(odoo, apache, folder / "sidecar") as attache:
            for corpus in corpora:
                say(f"{corpus.name}: attache")
                report.add(corpus, "attache", **attache.measure(corpus))
    report.show()
    return 0


def beside(corpus: Corpus, odoo: Odoo, apache: Apache, folder, report: Report) -> None:
    """Lets every rival copy a corpus, each into a folder of its own."""
    name = corpus.name
    for rival, proved in (("loop", False), ("loop-proved", True)):
        say(f"{name}: a loop in Odoo{', reading back' if proved else ''}")
        told = rivals.loop_in_odoo(odoo, apache, corpus, f"{rival}-{name}", proved)
        report.add(corpus, rival, **told)
    paces = {
        "rclone": [],
        "rclone-unpaced": ["--webdav-pacer-min-sleep", "0", "--transfers", "16"],
    }
    for rival, options in paces.items():
        say(f"{name}: rclone {' '.join(options) or 'as it comes'}")
        told = rivals.rclone(apache, folder / name, f"{rival}-{name}", *options)
        again = rivals.rclone(apache, folder / name, f"{rival}-{name}", *options)
        report.add(corpus, rival, **told, cycle={"seconds": again["seconds"]})


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    begin = time.monotonic()
    with contextlib.suppress(KeyboardInterrupt):
        status = main()
        say(f"took {time.monotonic() - begin:.0f} s")
        sys.exit(status)
