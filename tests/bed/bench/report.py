"""What the bench found, as a table and as a file."""

import json
import os
import time

from .. import place
from .corpus import CORPORA, Corpus

# Measure, at least this many times as fast as the rival; all on the small corpus.
GOALS = [
    ("arrival", "loop", 2.0),
    ("proof", "loop-proved", 2.0),
    ("arrival", "rclone", 8.0),
    ("arrival", "rclone-unpaced", 0.5),
]
MOST_MEMORY = 100.0  # MiB


class Report:
    """Gathers figures by corpus and by program."""

    def __init__(self):
        self.figures: dict[str, dict[str, dict]] = {}
        self.begun = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.load = [os.getloadavg()[0]]

    def add(self, corpus: Corpus, program: str, **figures) -> None:
        """Keeps one program's figures: seconds, MiB, and whatever else was counted."""
        self.figures.setdefault(corpus.name, {})[program] = figures
        self.load.append(os.getloadavg()[0])
        told = {key: value for key, value in figures.items() if not isinstance(value, dict)}
        print(
            f"bench: {corpus.name}: {program} "
            + ", ".join(f"{key} {value:.2f}" for key, value in told.items()),
            flush=True,
        )

    def goals(self) -> list[dict]:
        """What was wished for and what came out, of the corpora that were measured."""
        found = []
        small = self.figures.get("small")
        for measure, rival, wanted in GOALS:
            if not small or rival not in small:
                continue
            ratio = small[rival]["seconds"] / small["attache"][measure]
            found.append(
                {
                    "what": f"small: {measure} beside {rival}, times as fast",
                    "wanted": wanted,
                    "found": round(ratio, 2),
                    "met": ratio >= wanted,
                }
            )
        for name, programs in self.figures.items():
            memory = programs["attache"]["rss_mib"]
            found.append(
                {
                    "what": f"{name}: most memory of the sidecar in MiB, at most",
                    "wanted": MOST_MEMORY,
                    "found": round(memory, 1),
                    "met": memory <= MOST_MEMORY,
                }
            )
        return found

    def show(self) -> None:
        """Prints everything and writes target/bench/report.json."""
        for name, programs in self.figures.items():
            self._table(CORPORA[name], programs)
        print()
        for goal in self.goals():
            word = "met" if goal["met"] else "MISSED"
            print(f"{goal['what']}: {goal['found']} (goal {goal['wanted']:g}) {word}")
        print(f"load of the machine meanwhile: {min(self.load):.1f} to {max(self.load):.1f}")
        target = place.REPO / "target" / "bench" / "report.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        facts = {
            "begun": self.begun,
            "cores": os.cpu_count(),
            "load": self.load,
            "figures": self.figures,
            "goals": self.goals(),
        }
        target.write_text(json.dumps(facts, indent=2) + "\n")
        print(f"kept in {target}", flush=True)

    def _table(self, corpus: Corpus, programs: dict[str, dict]) -> None:
        print(
            f"\n{corpus.name}: {corpus.files} files of {corpus.size // 1024} KiB"
            f" in {corpus.folders} folders"
        )
        print(f"{'':24}{'s':>8}{'files/s':>9}{'MiB/s':>8}{'RSS MiB':>9}{'no change s':>13}")
        for program, figures in programs.items():
            cycle = figures.get("cycle", {}).get("seconds")
            rest = f"{figures['rss_mib']:9.0f}" + (f"{cycle:13.2f}" if cycle is not None else "")
            times = {program: figures.get("seconds")}
            if program == "attache":
                times = {f"attache, {what}": figures[what] for what in ("arrival", "proof")}
            for title, seconds in times.items():
                speed = f"{corpus.files / seconds:9.0f}{corpus.mib / seconds:8.1f}"
                print(f"{title:24}{seconds:8.2f}{speed}{rest}")
                rest = ""
        for program, figures in programs.items():
            used = ", ".join(f"{who} {seconds:.1f}" for who, seconds in figures["cpu"].items())
            print(f"processor seconds, {program}: {used}")
        if requests := programs["attache"].get("requests"):
            asked = ", ".join(f"{count} {verb}" for verb, count in sorted(requests.items()))
            print(f"attache asked the store: {asked}; a look: ", end="")
            print(f"{programs['attache']['cycle']['requests']} requests")
