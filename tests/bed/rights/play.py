"""Plays cases inside an Odoo process, and cuts a failing one down."""

import json
import random
import time

from . import plants
from .compare import Compared
from .expected import Expected, Facts
from .stage import Stage
from .tree import PEOPLE, Tree, grow, members

LOOKERS = 4  # people who look at one tree; each of them is a case
SAME_GROUPS = 10  # trees in a row: who is in which group changes for all of Odoo
WEB = 5  # of every so many trees the web server is asked too
CUTS = 150  # trees tried to make a failing one smaller


def tree_of(seed: int) -> Tree:
    """The case of a seed."""
    who = members(random.Random(f"people {seed // SAME_GROUPS}"))
    return grow(random.Random(seed), who)


class Play:
    """Cases one after the other."""

    def __init__(self, env):
        self.stage = Stage(env)
        self.facts, self.told = None, None

    def case(self, tree: Tree, seed: int, people=PEOPLE, web=False) -> list[str]:
        """What is wrong for these people in this tree."""
        wrong = []
        with self.stage.planted(tree) as (folders, files):
            if self.told != tree.members:
                self.facts, self.told = Facts(*self.stage.facts()), tree.members
            for person in people:
                expected = Expected(tree, self.facts, person)
                compared = Compared(self.stage, expected, folders, files, seed)
                wrong += compared.run(web)
        return wrong

    def smallest(self, tree: Tree, seed: int, wrong: list[str]) -> tuple[Tree, list[str]]:
        """A smaller tree in which something is wrong for the same person."""
        person = next(one for one in PEOPLE if wrong[0].startswith(one))
        web = any(word in wrong[0] for word in ("ZIP", "address"))
        tried, again = 0, True
        while again:
            again = False
            for smaller in tree.smaller():
                tried += 1
                if tried > CUTS:
                    return tree, wrong
                if found := self.case(smaller, seed, [person], web):
                    tree, wrong, again = smaller, found, True
                    break
        return tree, wrong

    def run(self, cases, seed, plant, most):
        """Plays `cases` from `seed` on, until `most` failed."""
        begin = time.monotonic()
        played, failed, failures = 0, 0, []
        with plants.planted(self.stage.env, plant):
            for number in range(seed, seed + -(-cases // LOOKERS)):
                people = random.Random(f"looking {number}").sample(PEOPLE, LOOKERS)
                tree = tree_of(number)
                wrong = self.case(tree, number, people, number % WEB == 0)
                played += len(people)
                if wrong:
                    failed += len({line.split()[0].strip(",") for line in wrong})
                    small, why = self.smallest(tree, number, wrong)
                    told = {"seed": number, "wrong": why, "all": len(wrong), "tree": str(small)}
                    failures.append(told)
                if failed >= most:
                    break
        seconds = time.monotonic() - begin
        return {"cases": played, "failed": failed, "seconds": seconds, "failures": failures}


def main(env, runs: list, out: str):
    """Plays these runs, and writes what came of them to the file `out`."""
    play = Play(env)
    with open(out, "w") as file:
        json.dump([play.run(*run) for run in runs], file)
