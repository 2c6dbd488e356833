"""What rules cost Odoo, in calls: the bench of tests/bed/bench/rules.py in short."""

import pytest
from bed import Odoo, process
from bed.bench import naive
from bed.bench.calls import Calls
from bed.bench.records import RULES, SHORT
from bed.bench.rules import READING, WRITING, Rules

# Items of a call that writes folders, at most.
BATCH = 1000


@pytest.fixture(scope="module")
def measured(odoo_template):
    """The figures of one run over 2,000 records."""
    database = odoo_template.copy()
    with Odoo(database, idle=True) as odoo:
        SHORT.fill(odoo)
        secret = naive.key(odoo)
    with (
        Odoo(database) as odoo,
        Calls(odoo.url) as calls,
        process.scratch("rules") as folder,
    ):
        single = naive.Naive(calls.url, database, secret).sample(SHORT, 0.02)
        with Rules(odoo, SHORT, folder / "sidecar", calls) as rules:
            figures = {"single": single, "first": rules.first(300)}
            figures |= {"names": rules.names(), "folders": rules.in_store(), "idle": rules.idle()}
            figures["task"] = rules.changed(
                "project.task", [("name", "=", "Bench task 7")], {"name": "Bench task seven"},
                "%task seven",
            )  # fmt: skip
            figures["customer"] = rules.changed(
                "res.partner", [("name", "=", "Bench customer 7")],
                {"name": "Bench customer seven"}, "%customer seven",
            )  # fmt: skip
            figures["whole"] = rules.whole()
    yield figures
    database.drop()


def test_names_are_those_that_a_program_finds_record_by_record(measured):
    single, names = measured["single"], measured["names"]
    assert len(names) == SHORT.all
    assert single["names"] == {key: names[key] for key in single["names"]}
    assert measured["folders"] == SHORT.folders


def test_the_first_evaluation_reads_pages_and_writes_batches(measured):
    first = measured["first"]
    log, counted = first["log"]
    assert log == counted, "the proxy counts what Odoo's own log tells"
    reads = sum(first["calls"].get(method, 0) for method in READING)
    # A page holds all records of a rule here, and one more call what its names walk to.
    assert reads <= 2 * len(RULES), first
    writes = sum(first["calls"].get(method, 0) for method in WRITING)
    depths = 6  # folders wait for those above them
    assert writes <= SHORT.folders / BATCH + depths, first
    single = measured["single"]
    assert single["records"] == 40 < single["calls"] and first["all"] < single["calls"]


def test_nothing_is_read_where_nothing_changed(measured):
    idle = measured["idle"]
    assert set(idle["calls"]) == {"read_feed"}, idle
    assert idle["each"] <= 3, "whatever the number of rules"


def test_one_changed_record_is_read_with_what_its_names_concern(measured):
    task, customer = measured["task"], measured["customer"]
    assert task["folders"] == 1 and set(task["calls"]) <= {*READING, *WRITING, "read_feed"}
    assert task["calls"]["search_read"] <= 3 and task["calls"]["apply_folders"] == 1, task
    # The customer's own folder and those of the three orders that are called after it.
    assert customer["folders"] == 4 and customer["calls"]["apply_folders"] == 1, customer
    assert customer["calls"]["search_read"] <= 2 * len(RULES), customer


def test_a_complete_check_of_what_is_right_changes_nothing(measured):
    whole = measured["whole"]
    assert not set(whole["calls"]) & set(WRITING), whole
    assert whole["calls"]["search_read"] <= 2 * len(RULES), whole
