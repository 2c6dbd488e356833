"""Holds `docs/flows.md` and the tests of the flows to each other."""

import re
from pathlib import Path

from bed import REPO

ENOUGH = 30


def told() -> list[tuple[int, str]]:
    """(number, test) of the table's rows, in order."""
    rows = []
    for line in (REPO / "docs" / "flows.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and cells[0].isdigit():
            assert len(cells) == 5 and all(cells), line
            rows.append((int(cells[0]), cells[4].strip("`")))
    return rows


def played() -> list[str]:
    """Every test of a flow that there is."""
    files = Path(__file__).parent.glob("test_flows_*.py")
    return [
        name
        for file in files
        for name in re.findall(r"^def (test_flow_\w+)", file.read_text(), re.M)
    ]


def test_the_table_of_flows_and_their_tests_are_one():
    rows = told()
    assert [number for number, _test in rows] == list(range(1, len(rows) + 1))
    assert len(rows) >= ENOUGH
    for number, test in rows:
        assert test.startswith(f"test_flow_{number:02}_"), (number, test)
    assert sorted(test for _number, test in rows) == sorted(played())
