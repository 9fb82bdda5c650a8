"""A run as the part of a Markdown document that lies between two marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.record import Record
from tests.benchmarks.report import machine, measured, value
from tests.benchmarks.tables import notes, tables
from tests.benchmarks.targets import TARGETS
from tests.benchmarks.verdicts import judge

BEGIN, END = "<!-- figures:begin -->", "<!-- figures:end -->"


def rewrite(file: Path, record: Record, chart: str) -> None:
    """Put what was measured, and a picture of it, where the document has its marks."""
    text = file.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{file} needs the marks {BEGIN} and {END}")
    part = "\n".join(as_markdown(record, chart))
    file.write_text(f"{before}{BEGIN}\n{part}\n{END}{after}")


def as_markdown(record: Record, chart: str) -> Iterator[str]:
    yield from ("", " ".join(machine(record)), "", f"![The figures as bars]({chart})", "", "### Targets", "")
    yield from grid(("target", "limit", "measured", ""), targets(record))
    for workload, figures in measured(record):
        yield from ("", f"### {workload.name}")
        for table in tables(figures):
            yield ""
            yield from grid(table.header, table.rows)
        for note in notes(figures):
            yield from ("", note)
    yield ""


def targets(record: Record) -> Iterator[tuple[str, ...]]:
    for target in TARGETS:
        verdict = judge(target, record.figures)
        yield target.what, target.bound, value(verdict), str(verdict)


def grid(header: Sequence[str], rows: Sequence[Sequence[str]] | Iterator[Sequence[str]]) -> Iterator[str]:
    yield line(header)
    yield line(["---", *["---:"] * (len(header) - 1)])
    for row in rows:
        yield line(row)


def line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
