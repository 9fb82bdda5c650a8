"""Figures as tables: a row for each subject, a column for each quantity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.benchmarks.figures import Figure

COLUMNS = 4


@dataclass(frozen=True)
class Table:
    """Texts; the first of each row and of the header is the subject's."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(figures: Sequence[Figure]) -> Iterator[Table]:
    """The figures of one workload, in tables that are not too wide."""
    quantities = list(dict.fromkeys((figure.quantity, figure.unit) for figure in figures))
    for first in range(0, len(quantities), COLUMNS):
        yield table(figures, quantities[first : first + COLUMNS])


def table(figures: Sequence[Figure], quantities: Sequence[tuple[str, str]]) -> Table:
    cells = {(f.subject, f.quantity, f.unit): cell(f) for f in figures if (f.quantity, f.unit) in quantities}
    subjects = dict.fromkeys(subject for subject, _, _ in cells)
    rows = ((subject, *(cells.get((subject, *quantity), "–") for quantity in quantities)) for subject in subjects)
    return Table(("", *(f"{quantity}, {unit}" for quantity, unit in quantities)), tuple(rows))


def notes(figures: Sequence[Figure]) -> Iterator[str]:
    """What there is to say about figures, once."""
    found: dict[str, list[str]] = {}
    for figure in figures:
        if figure.note and figure.subject not in found.setdefault(figure.note, []):
            found[figure.note].append(figure.subject)
    for note, subjects in found.items():
        yield f"{', '.join(subjects)}: {note}"


def cell(figure: Figure) -> str:
    """The median, and in brackets the quartiles, where there is more than one value."""
    if len(figure.values) == 1:
        return number(figure.median)
    lower, upper = figure.quartiles
    return f"{number(figure.median)} [{number(lower)}..{number(upper)}]"


def number(value: float) -> str:
    """With three digits that count, or all there are before the point."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3g}"
