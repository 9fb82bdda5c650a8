"""The page on parity accounts for every row of the reference once, and cites only tests that exist and run."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "parity.md"
NO_TEST = "–"


def spread(letter: str, *ranges: tuple[int, int]) -> set[str]:
    return {f"{letter}{number}" for first, last in ranges for number in range(first, last + 1)}


EXPECTED = (
    spread("S", (1, 101), (110, 116))
    | {"S45a", "S45b", "S75a", "S91a", "S91b"}
    | spread("U", (1, 97))
    | spread("N", (1, 16))
    | spread("D", (1, 12))
)


class Row(NamedTuple):
    ids: list[str]
    what: str  # the same, or how it differs and why
    tests: str


def rows() -> Iterator[Row]:
    for line in PAGE.read_text().splitlines():
        if re.match(r"\| [SUND]\d", line):
            ids, _, what, tests = (cell.strip() for cell in line.strip("|").split(" | "))
            yield Row([row.strip() for row in ids.split(",")], what, tests)


@cache
def named_tests(path: str) -> dict[str, ast.AST]:
    """The tests of a file by name, those of a class as Class::test."""
    found: dict[str, ast.AST] = {}
    for node in ast.parse((ROOT / path).read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found[node.name] = node
        elif isinstance(node, ast.ClassDef):
            inner = (item for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef))
            found |= {f"{node.name}::{item.name}": item for item in inner}
    return found


def test_every_row_stands_there_once():
    counted = Counter(row_id for row in rows() for row_id in row.ids)

    assert {row for row, count in counted.items() if count > 1} == set()
    assert set(counted) == EXPECTED


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: ",".join(row.ids))
def test_a_row_cites_tests_that_exist_and_are_not_left_out(row: Row):
    cited = re.findall(r"`([^`]+)`", row.tests)

    assert cited or (row.tests == NO_TEST and row.what.startswith("different: ")), "a row needs a test or a reason"
    for test in cited:
        path, _, name = test.partition("::")
        assert (ROOT / path).is_file(), f"{row.ids}: there is no {path}"
        assert name in named_tests(path), f"{row.ids}: there is no {name} in {path}"
        marks = [ast.unparse(mark) for mark in named_tests(path)[name].decorator_list]
        assert not any("skip" in mark or "xfail" in mark for mark in marks), f"{row.ids}: {test} does not run"


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: ",".join(row.ids))
def test_a_row_says_how_it_stands(row: Row):
    assert row.what
    assert row.what != "different", "a difference needs a reason"
