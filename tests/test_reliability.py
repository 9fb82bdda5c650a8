"""docs/reliability.md names every fault of the catalogue, and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "reliability.md"
NUMBER_OF_FAULTS = 86
ROW = re.compile(r"^\| (F\d+(?:, F\d+)*) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
NAMED = re.compile(r"^`([\w/]+\.py)::(\w+)`$")

ROWS = ROW.findall(PAGE.read_text())


def test_every_fault_has_a_row():
    faults = [fault for row in ROWS for fault in row[0].split(", ")]

    assert faults == [f"F{number}" for number in range(1, NUMBER_OF_FAULTS + 1)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_its_tests_exist(row: tuple[str, str, str, str]):
    for cell in row[2:]:
        if cell.startswith("does not apply: "):
            continue
        for test in cell.split(", "):
            named = NAMED.match(test)
            assert named, f"{test} names no test"
            path, name = named.groups()
            text = (TESTS / path).read_text()
            assert re.search(rf"def {name}\(", text), f"{path} has no {name}"


def test_no_fault_goes_without_any_test():
    assert not [row[0] for row in ROWS if all(cell.startswith("does not apply") for cell in row[2:])]
