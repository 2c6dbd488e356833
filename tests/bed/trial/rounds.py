"""Rounds: people at work, trouble meanwhile, and the checks after."""

import contextlib
import random
import statistics
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from .. import place
from ..process import until
from .contents import Contents
from .ends import Ends
from .people import People
from .stage import LONGEST, Rest, Stage

DEEDS = 40  # of a round, those before the storm included; up to three times as many in trouble
MOST_KILLS = 4
GROWTH = 1.5  # how much more memory the last quarter of a soak may take than the second
JUDGED = 8  # rounds that a soak needs for that


class Rounds:
    """Plays rounds on `stage` and counts checks. What it prints begins with `what`; `tells` prints
    every deed of every round, not only of those that fail."""

    def __init__(self, stage: Stage, what: str, seed: int, tells: bool = False):
        self.stage, self.what, self.seed, self.tells = stage, what, seed, tells
        self.contents = Contents()
        self.passed = self.failed = 0
        self.memory: list[float] = []

    # -- the two trials -------------------------------------------------------------------

    def crash(self, rounds: range) -> None:
        """In each round the sidecar is killed one to four times while there is work."""
        for number in rounds:
            chance = random.Random(f"{self.seed} {number} kills")
            self._round(number, lambda work, chance=chance: self._kills(work, chance))

    def soak(self, rounds: range) -> None:
        """Rounds with an outage now and then; memory is noted, and judged at the end."""
        for number, trouble in zip(rounds, troubles(self.seed, rounds), strict=True):
            play = getattr(self, f"_{trouble}")
            self._round(number, lambda _work, play=play: play())
            self.memory.append(self.stage.resident())
            self.say(f"round {number}: resident memory {self.memory[-1]:.1f} MiB")
        if len(self.memory) < JUDGED:
            self.say(f"memory is judged from {JUDGED} rounds on")
            return
        quarter = len(self.memory) // 4
        second = statistics.median(self.memory[quarter : 2 * quarter])
        last = statistics.median(self.memory[-quarter:])
        told = f"memory: {second:.1f} MiB in the second quarter, {last:.1f} MiB in the last"
        self._check(told, [] if last <= GROWTH * second else ["it keeps growing"])
        self.say(told)

    # -- one round ------------------------------------------------------------------------

    def _round(self, number: int, trouble) -> None:
        begin, failed = time.monotonic(), self.failed
        people = People(self.stage, self.contents, self.seed, number)
        people.settle_in()
        self._settle(f"round {number}, before the storm")
        ends = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            work = pool.submit(people.storm, DEEDS, lambda: not ends.is_set())
            try:
                told = trouble(work)
            finally:
                ends.set()
            work.result()
        seconds = self._settle(f"round {number}")
        self._verify(number)
        self.say(
            f"round {number}: {people.done} deeds, {told}; in step {seconds:.1f} s after the last; "
            f"{self.contents.count()}; {time.monotonic() - begin:.0f} s"
            + ("" if failed == self.failed else "; FAILED")
        )
        if self.tells or failed != self.failed:
            self._tell(number, people, failed != self.failed)

    def _settle(self, when: str) -> float:
        begin, rest = time.monotonic(), Rest(self.stage)
        try:
            until(rest, LONGEST, "both ends in step", every=0.1)
            faults = []
        except TimeoutError as error:
            faults = [f"{error}: {self.stage.connection()}"]
        self._check(f"{when}: both ends come to rest", faults)
        held = [rest.held] if rest.held else []
        self._check(f"{when}: the guard holds nothing", held)
        return time.monotonic() - begin

    def _verify(self, number: int) -> None:
        ends = Ends(self.stage, self.contents)
        chance = random.Random(f"{self.seed} {number} sample")
        self._check("nothing is lost", ends.lost())
        self._check("nothing is doubled", ends.doubled())
        self._check("nothing is there that nobody wrote", ends.strange())
        self._check("both trees are equal", ends.uneven())
        self._check("Odoo gives every byte", ends.unreadable(number, chance))

    # -- trouble --------------------------------------------------------------------------

    def _kills(self, work: Future, chance: random.Random) -> str:
        """Kills the sidecar at moments of its own work: after so many steps, or so many changes
        in the number of files in the store (those on their way count); where people do not give
        it that much work any more, once it is done."""
        told = []
        for _ in range(chance.randint(1, MOST_KILLS)):
            kind, count = chance.choice(["steps", "changes"]), chance.randint(1, 8)
            came = {"steps": Steps, "changes": Changes}[kind](self.stage)
            until(
                lambda came=came, count=count: (
                    came() >= count or (work.done() and self.stage.idle())
                ),
                LONGEST,
                f"{count} {kind} of work",
                every=0.002,
            )
            self.stage.sidecar.kill()
            self.stage.sidecar.start()
            told.append(f"{came.last} {kind}")
        return f"killed {len(told)} times, after {', '.join(told)}"

    def _nothing(self) -> str:
        return "left alone"

    def _store_away(self) -> str:
        # On a server's disk people can go on; a folder that is not there lets nobody work.
        with contextlib.ExitStack() as stack:
            if self.stage.kind == "folder":
                stack.enter_context(self.stage.doors["store"])
            stack.enter_context(self.stage.store.away())
            until(lambda: self._reason(), LONGEST, "the sidecar notices that the store is away")
            reason = self._reason()
        return f"store away ({reason})"

    def _reason(self) -> str:
        row = self.stage.connection()
        return (row and row["reason"]) or ""

    def _odoo_restarted(self) -> str:
        with self.stage.doors["odoo"]:
            self.stage.odoo.restart()
        return "Odoo restarted"

    def _sidecar_restarted(self) -> str:
        self.stage.sidecar.restart()
        return "sidecar restarted"

    # -- telling --------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """One line."""
        print(f"{self.what}: {text}", flush=True)

    def _check(self, promise: str, faults: list[str]) -> None:
        if not faults:
            self.passed += 1
            return
        self.failed += 1
        self.say(f"FAILED  {promise}")
        for fault in faults:
            self.say(f"        {fault}")

    def _tell(self, number: int, people: People, failed: bool) -> None:
        for line in people.story:
            self.say(f"        {line}")
        for row in self.stage.api("operations", which="errors", limit=5):
            self.say(f"        {row['state']} {row['verb']} {row['subject']}: {row['message']}")
        if failed:
            account = place.REPO / "target" / "trial" / f"{self.what}-{self.seed}-{number}.txt"
            account.parent.mkdir(parents=True, exist_ok=True)
            log = self.stage.sidecar.log.read_text(errors="replace")
            parts = [*people.story, "", *self.stage.office.told(), "", log]
            account.write_text("\n".join(parts))
            self.say(f"        with the sync log and the sidecar's: {account}")
        again = f"--seed {self.seed} --first {number} --rounds 1 --store {self.stage.kind}"
        self.say(f"        again: python -m bed.trial {self.what} {again}")


class Steps:
    """Steps of the sidecar since this was made. `last` is the last answer."""

    def __init__(self, stage: Stage):
        self._stage, self._begin, self.last = stage, max(stage.steps(), 0), 0

    def __call__(self) -> int:
        now = self._stage.steps()
        self.last = max(now - self._begin, self.last)
        return self.last


class Changes:
    """How often the number of files below the store's root changed; those of the sidecar's own
    folder count as well."""

    def __init__(self, stage: Stage):
        self._root, self.last = stage.store.root, 0
        self._files = self._count()

    def __call__(self) -> int:
        now = self._count()
        self.last += now != self._files
        self._files = now
        return self.last

    def _count(self) -> int:
        try:
            return sum(1 for _ in self._root.rglob("*"))
        except FileNotFoundError:
            return -1


def troubles(seed: int, rounds: range) -> list[str]:
    """What happens in each round of a soak; the store is always away in round 2. A restart of the
    sidecar would hide what its memory does, so where that is judged there is none after the first
    quarter."""
    kinds = ["nothing", "nothing", "store_away", "odoo_restarted", "sidecar_restarted"]
    found = []
    for at, number in enumerate(rounds):
        kind = random.Random(f"{seed} {number} trouble").choice(kinds)
        if kind == "sidecar_restarted" and len(rounds) >= JUDGED and at >= len(rounds) // 4:
            kind = "nothing"
        found.append("store_away" if number == 2 else kind)
    return found
