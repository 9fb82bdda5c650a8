"""docs/parity.md must not rot: every row is there once, and every test that it names exists and runs."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "parity.md"

# The ids that the page must have: the first and the last of each range, and those with a letter.
RANGES = [("S", 1, 101), ("S", 110, 116), ("U", 1, 97), ("N", 1, 17), ("D", 1, 12)]
LETTERED = ["S45a", "S45b", "S75a", "S91a", "S91b"]
EXPECTED = [f"{kind}{number}" for kind, first, last in RANGES for number in range(first, last + 1)] + LETTERED

COLUMNS = ["Row", "What it is about", "poolapp", "Test"]
NONE = "–"
CITATION = re.compile(r"`(tests/[\w/]+\.py)::(\w+(?:::\w+)?)`")
FORBIDDEN = {"skip", "skipif", "xfail"}


class Row(NamedTuple):
    ids: list[str]
    about: str
    verdict: str
    tests: str

    def __str__(self) -> str:
        return ", ".join(self.ids)

    @property
    def citations(self) -> list[tuple[str, str]]:
        """The paths and names of its tests."""
        return CITATION.findall(self.tests)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def read_rows() -> Iterator[Row]:
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|") or cells(line) == COLUMNS or set(line) <= set("|- "):
            continue
        found = cells(line)
        assert len(found) == len(COLUMNS), f"docs/parity.md has a row without its {len(COLUMNS)} cells: {line}"
        yield Row([part.strip() for part in found[0].split(",")], *found[1:])


ROWS = list(read_rows())
CITED = [(str(row), path, name) for row in ROWS for path, name in row.citations]


@cache
def module(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def find(path: str, name: str) -> list[ast.AST]:
    """What a test consists of, the module and its class included; empty when there is no such test."""
    if not (ROOT / path).is_file() or not name.split("::")[-1].startswith("test_"):
        return []
    scopes: list[ast.AST] = [module(path)]
    for part in name.split("::"):
        kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        inner = [node for node in scopes[-1].body if isinstance(node, kinds) and node.name == part]  # type: ignore[attr-defined]
        if not inner:
            return []
        scopes.append(inner[-1])
    return scopes if isinstance(scopes[-1], (ast.FunctionDef, ast.AsyncFunctionDef)) else []


def words(node: ast.AST) -> set[str]:
    """The names and attributes that occur in a piece of code."""
    return {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)} | {
        part.id for part in ast.walk(node) if isinstance(part, ast.Name)
    }


def hindrances(scopes: list[ast.AST]) -> set[str]:
    """What keeps a test from running, or from failing: marks of it, of its class and of its module, and calls in it."""
    found: set[str] = set()
    for scope in scopes:
        pieces = list(getattr(scope, "decorator_list", []))
        for statement in getattr(scope, "body", []):
            is_mark = isinstance(statement, ast.Assign) and "pytestmark" in words(statement)
            if is_mark or scope is scopes[-1]:
                pieces.append(statement)
        found |= {word for piece in pieces for word in words(piece)} & FORBIDDEN
    return found


def test_every_row_of_the_reference_is_there_once():
    counted = Counter(id for row in ROWS for id in row.ids)

    assert {
        "missing": [id for id in EXPECTED if id not in counted],
        "unknown": [id for id in counted if id not in EXPECTED],
        "more than once": [id for id, count in counted.items() if count > 1],
    } == {"missing": [], "unknown": [], "more than once": []}


def complaints(row: Row) -> Iterator[str]:
    """What is wrong with a row, apart from its tests themselves."""
    if not row.about:
        yield f"{row} does not say what it is about"
    if not re.match(r"(same|tested)\b|different: \S", row.verdict):
        yield f"{row} is neither the same nor different with a reason: {row.verdict!r}"
    left = CITATION.sub("", row.tests).replace("<br>", "").strip(" ,")
    if row.citations and left:
        yield f"{row} has something else than tests in its last column: {left}"
    if not row.citations and (left != NONE or not row.verdict.startswith("different: ")):
        yield f"{row} has neither a test nor a reason for having none"


def test_every_row_says_what_it_is_about_and_has_a_test_or_a_reason():
    assert [complaint for row in ROWS for complaint in complaints(row)] == []


def test_every_test_that_is_named_exists():
    assert [f"{row}: there is no {path}::{name}" for row, path, name in CITED if not find(path, name)] == []


def test_no_test_that_is_named_is_skipped_or_expected_to_fail():
    hindered = [(row, path, name, hindrances(find(path, name))) for row, path, name in CITED]

    assert [f"{row}: {path}::{name} has {found}" for row, path, name, found in hindered if found] == []
