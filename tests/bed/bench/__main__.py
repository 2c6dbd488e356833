"""The command line of the bench."""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from .. import place, template
from ..apache import Apache
from ..odoo import Database, Odoo
from ..process import scratch
from . import rivals, rules_report
from .attache import Attache
from .corpus import CORPORA, Corpus
from .report import Report


def say(text: str) -> None:
    """One line of progress."""
    print(f"bench: {text}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("corpora", nargs="*", metavar="CORPUS", help="small, large, rules")
    parser.add_argument("--alone", action="store_true", help="only the sidecar, no other program")
    parser.add_argument("--rounds", type=int, default=3, help="how often each runs (3)")
    asked = parser.parse_args()
    names = asked.corpora or list(CORPORA)
    if asked.rounds % 2 == 0:
        parser.error("an odd number of rounds has one in the middle")
    if unknown := set(names) - {*CORPORA, "rules"}:
        parser.error(f"no {', '.join(sorted(unknown))}: there are {', '.join(CORPORA)}, rules")
    if "ATTACHE_BIN" not in os.environ:
        say("building the sidecar as it is released")
        if subprocess.run(["cargo", "build", "--quiet", "--release"], cwd=place.REPO).returncode:
            sys.exit("bench: the sidecar does not build")
        target = os.environ.get("CARGO_TARGET_DIR", place.REPO / "target")
        os.environ["ATTACHE_BIN"] = f"{target}/release/attache"
    if "rules" in names:
        rules_report.run()
        names.remove("rules")
    if names:
        files(asked, [CORPORA[name] for name in names])
    return 0


def files(asked: argparse.Namespace, corpora: list[Corpus]) -> None:
    """Everybody copies the files of these corpora, in rounds."""
    report = Report()
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(template.cluster()).copy("bench")
        apache = stack.enter_context(Apache())
        folder = stack.enter_context(scratch("bench"))
        with Odoo(plain, idle=True) as odoo:
            for corpus in corpora:
                say(f"making {corpus.files} files of {corpus.size // 1024} KiB in Odoo and on disk")
                corpus.fill(odoo)
                corpus.write(folder / corpus.name)
        with_addon = plain.copy("bench_attache")
        with Odoo(with_addon, idle=True) as odoo:
            say("installing the addon in a copy of that Odoo")
            odoo.install("attache")
        for number in range(1, asked.rounds + 1):
            own = folder / f"round-{number}"
            own.mkdir()
            others = [] if asked.alone else corpora
            # Nobody is always the first to find the machine at rest.
            if number % 2 == 0:
                with_sidecar(corpora, with_addon, apache, own, number, report)
            for corpus in others:
                with Odoo(plain, idle=True) as odoo:
                    beside(corpus, odoo, apache, folder / corpus.name, number, report)
            if number % 2:
                with_sidecar(corpora, with_addon, apache, own, number, report)
    report.show()


def beside(
    corpus: Corpus, odoo: Odoo, apache: Apache, source: Path, number: int, report: Report
) -> None:
    """Lets every rival copy a corpus, each into a folder of its own."""
    name = f"{corpus.name}-{number}"
    for rival, proved in (("loop", False), ("loop-proved", True)):
        say(f"{name}: a loop in Odoo{', reading back' if proved else ''}")
        with emptied(apache, f"{rival}-{name}") as target:
            told = rivals.loop_in_odoo(odoo, apache, corpus, target, proved)
        report.add(corpus, rival, **told)
    paces = {"rclone-unpaced": ["--webdav-pacer-min-sleep", "0", "--transfers", "16"]}
    if number == 1:
        # Its pacer sets its time: once is enough.
        paces["rclone"] = []
    for rival, options in paces.items():
        say(f"{name}: rclone {' '.join(options) or 'as it comes'}")
        with emptied(apache, f"{rival}-{name}") as target:
            told = rivals.rclone(apache, source, target, *options)
            again = rivals.rclone(apache, source, target, *options)
        report.add(corpus, rival, **told, cycle={"seconds": again["seconds"]})


def with_sidecar(
    corpora: list[Corpus],
    with_addon: Database,
    apache: Apache,
    folder: Path,
    number: int,
    report: Report,
) -> None:
    """Lets the sidecar do the same, from a fresh copy of Odoo in which nothing was synced yet."""
    database = with_addon.copy()
    with (
        Odoo(database, workers=2, cron_threads=1) as odoo,
        Attache(odoo, apache, folder / "sidecar") as attache,
    ):
        for corpus in corpora:
            name = f"{corpus.name}-{number}"
            say(f"{name}: attache")
            report.add(corpus, "attache", **attache.measure(corpus, f"attache-{name}"))
    database.drop()
    for corpus in corpora:
        shutil.rmtree(apache.root / f"attache-{corpus.name}-{number}")


@contextlib.contextmanager
def emptied(apache: Apache, target: str):
    """A folder of the store for one program. What others wrote is on the disk when it begins, and
    what it wrote is gone when it is over."""
    os.sync()
    yield target
    shutil.rmtree(apache.root / target)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    begin = time.monotonic()
    with contextlib.suppress(KeyboardInterrupt):
        status = main()
        say(f"took {time.monotonic() - begin:.0f} s")
        sys.exit(status)
