"""A few rounds of the trial, and that its checks notice what they are there for."""

import contextlib

import pytest
from bed import Odoo
from bed.trial.ends import Ends
from bed.trial.rounds import Rounds
from bed.trial.stage import Stage

CHECKS = 9  # of one round


@contextlib.contextmanager
def staged(template, kind: str):
    """A stage of its own, with an Odoo of several processes, as in life."""
    database = template.copy()
    with Odoo(database, workers=2) as odoo, Stage(odoo, kind) as stage:
        yield stage
    database.drop()


@pytest.fixture(scope="module")
def folder(odoo_template):
    with staged(odoo_template, "folder") as stage:
        yield stage


@pytest.fixture(scope="module")
def crashed(folder):
    rounds = Rounds(folder, "crash", 1)
    rounds.crash(range(1, 3))
    return rounds


def test_nothing_is_lost_nor_doubled_by_a_sidecar_that_is_killed(crashed):
    assert (crashed.passed, crashed.failed) == (2 * CHECKS, 0)


def test_what_is_wrong_is_noticed(folder, crashed):
    folder.sidecar.stop()
    disk, contents = folder.disk, crashed.contents
    lost, torn, *_ = [path for path, data in disk.contents().items() if len(data) > 100]
    stored = Ends(folder, contents).in_store
    named = {path: contents.written[known] for known, [path] in stored.items()}
    disk.delete(lost)
    disk.edit(torn, disk.store.read(torn)[:50])
    disk.write("Customers/Copy.txt", named[torn].data)
    disk.make("Customers/Nobody's")
    ends = Ends(folder, contents)
    assert any(named[lost].token in fault for fault in ends.lost())
    assert any(torn in fault for fault in ends.strange())
    assert any("Customers/Nobody's is in the store only" in fault for fault in ends.uneven())
    assert any("Copy.txt" in fault and named[torn].token in fault for fault in ends.uneven())
    disk.write("Customers/Second copy.txt", named[torn].data)
    assert any("2 times in the store" in fault for fault in Ends(folder, contents).doubled())


def test_nothing_is_lost_nor_doubled_by_outages(odoo_template):
    with staged(odoo_template, "webdav") as stage:
        rounds = Rounds(stage, "soak", 1)
        rounds.soak(range(1, 4))
    assert (rounds.passed, rounds.failed) == (3 * CHECKS, 0)
