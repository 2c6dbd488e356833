"""What the bench found, as a table and as a file."""

import json
import os
import statistics
import time
from itertools import cycle

from .. import place
from .corpus import CORPORA, Corpus

# Measure, at least this many times as fast as the rival; all on the small corpus. A ratio is the
# median of those of the rounds, in each of which one follows the other: a machine that is not its
# owner's alone changes its speed from minute to minute.
GOALS = [
    ("arrival", "loop", 2.0),
    ("proof", "loop-proved", 2.0),
    ("arrival", "rclone", 8.0),
    ("arrival", "rclone-unpaced", 0.5),
]
MOST_MEMORY = 100.0  # MiB


class Report:
    """Gathers figures by corpus and by program, one set for each round."""

    def __init__(self):
        self.figures: dict[str, dict[str, list[dict]]] = {}
        self.begun = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.load = [os.getloadavg()[0]]

    def add(self, corpus: Corpus, program: str, **figures) -> None:
        """Keeps one program's figures: seconds, MiB, and whatever else was counted."""
        rounds = self.figures.setdefault(corpus.name, {}).setdefault(program, [])
        rounds.append(figures)
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
            # The one whose pacer sets its time ran once, and stands beside every round.
            pairs = zip(cycle(small[rival]), small["attache"], strict=False)
            ratios = [theirs["seconds"] / ours[measure] for theirs, ours in pairs]
            ratio = statistics.median(ratios)
            found.append(
                {
                    "what": f"small: {measure} beside {rival}, times as fast",
                    "wanted": wanted,
                    "found": round(ratio, 2),
                    "rounds": [round(one, 2) for one in ratios],
                    "met": ratio >= wanted,
                }
            )
        for name, programs in self.figures.items():
            memory = max(figures["rss_mib"] for figures in programs["attache"])
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
            each = ", ".join(f"{ratio:g}" for ratio in goal.get("rounds", []))
            each = f" of {each}" if "," in each else ""
            print(f"{goal['what']}: {goal['found']}{each} (goal {goal['wanted']:g}) {word}")
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

    def _table(self, corpus: Corpus, rounds: dict[str, list[dict]]) -> None:
        """Of each program the round in the middle."""
        programs = {}
        for program, figures in rounds.items():
            key = "arrival" if program == "attache" else "seconds"
            programs[program] = sorted(figures, key=lambda one: one[key])[len(figures) // 2]
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
