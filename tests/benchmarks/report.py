"""A run as text for people: tables, ratios and targets."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from tests.benchmarks.figures import Figure
from tests.benchmarks.record import Record
from tests.benchmarks.tables import Table, notes, number, tables
from tests.benchmarks.targets import TARGETS
from tests.benchmarks.verdicts import Verdict, judge, ratios
from tests.benchmarks.workloads import WORKLOADS, Workload

WIDTH = 120
FIRST, COLUMN = 24, 26


def as_text(record: Record) -> Iterator[str]:
    yield from machine(record)
    for workload, figures in measured(record):
        yield from ("", "", workload.name, *textwrap.wrap(workload.about, WIDTH))
        for table in tables(figures):
            yield ""
            yield from lines(table)
        yield from notes(figures)
    yield from ("", "", "Ratios: medians of the quotients of each round")
    for ratio in ratios(record.figures):
        ours = ratio.figure
        yield from ("", f"{ours.workload}, {ours.quantity}, {ours.unit}: {ours.subject}")
        yield from textwrap.wrap(", ".join(f"/ {name} {number(value)}" for name, value in ratio.to.items()), WIDTH)
    yield from ("", "", "Targets", "")
    for target in TARGETS:
        verdict = judge(target, record.figures)
        yield f"{verdict!s:17}{target.what} {target.bound}: {value(verdict)}"


def machine(record: Record) -> Iterator[str]:
    """Where and how it was measured, and what was not there."""
    found, plan = record.machine, record.plan
    yield (
        f"Python {found['python']}, {found['system']}, {found['cpus']} CPUs, {plan.workers} workers each,"
        f" {plan.rounds} rounds at scale {plan.scale:g}."
    )
    yield ", ".join(f"{name} {version}" for name, version in found["versions"].items()) + "."
    yield f"Load average before the run: {found['load_average']:.1f}; figures of a busy machine tell little."
    if found["missing"]:
        yield f"Not installed, so not measured: {', '.join(found['missing'])}."
    yield "Medians of the rounds, in brackets the quartiles. Every result was checked."


def measured(record: Record) -> Iterator[tuple[Workload, list[Figure]]]:
    """The workloads that were run, with their figures."""
    for workload in WORKLOADS:
        if figures := [figure for figure in record.figures if figure.workload == workload.name]:
            yield workload, figures


def lines(table: Table) -> Iterator[str]:
    width = max(FIRST, *(len(row[0]) + 2 for row in table.rows))
    heads = [textwrap.wrap(text, COLUMN - 2) or [""] for text in table.header]
    for parts in zip_longest(*heads, fillvalue=""):
        yield line(parts, width)
    for row in table.rows:
        yield line(row, width)


def line(cells: Iterable[str], width: int) -> str:
    first, *others = cells
    return (f"{first:{width}}" + "".join(f"{cell:>{COLUMN}}" for cell in others)).rstrip()


def value(verdict: Verdict) -> str:
    if verdict.value is None:
        return "–"
    return number(verdict.value) + (f" ({verdict.against})" if len(verdict.target.to) > 1 else "")
