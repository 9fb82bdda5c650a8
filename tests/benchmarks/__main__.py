"""Measures poolapp's pools next to others: python -m tests.benchmarks."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.benchmarks.figures import Figure
from tests.benchmarks.markdown import rewrite
from tests.benchmarks.peers import require_pypi
from tests.benchmarks.record import Record, read, this_machine
from tests.benchmarks.report import as_text
from tests.benchmarks.workloads import WORKLOADS, Plan, Workload

ABOUT = """\
Measures poolapp's pools next to those of Python, of PyPI and of Node.js, and says which targets were reached. All pools
take turns in every round, in an order that changes; every result is checked, and a wrong one ends the run. Ratios are
the medians of the quotients of each round. At a scale below 0.1 the largest payloads are left out. The workloads:

"""


def main(arguments: Sequence[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    record = read(options.read) if options.read else measure(options)
    if options.json:
        options.json.write_text(record.to_json())
    print("\n".join(as_text(record)))
    if options.markdown:
        picture = options.markdown.with_suffix(".svg")
        draw(record, picture)
        rewrite(options.markdown, record, picture.name)
    if options.chart:
        draw(record, options.chart)


def measure(options: argparse.Namespace) -> Record:
    require_pypi()
    plan = Plan(options.rounds, options.workers, options.scale)
    machine = this_machine()
    figures: list[Figure] = []
    for chosen in options.workloads or WORKLOADS:
        figures += chosen.run(plan, partial(tell, chosen.name))
    return Record(machine, plan, tuple(figures))


def tell(name: str, text: str) -> None:
    print(f"{name}: {text}", file=sys.stderr, flush=True)


def draw(record: Record, file: Path) -> None:
    from tests.benchmarks import chart  # matplotlib is needed for nothing else

    chart.draw(record, file)


def parser() -> argparse.ArgumentParser:
    about = ABOUT + "\n".join(f"  {workload.name}: {workload.about}" for workload in WORKLOADS)
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    plan = Plan()
    add = parser.add_argument
    add("workloads", nargs="*", type=workload, metavar="WORKLOAD", help="what to measure; everything unless given")
    add("--rounds", type=count, default=plan.rounds, metavar="N", help="turns of each pool (default %(default)s)")
    add("--workers", type=count, default=plan.workers, metavar="N", help="of each pool (default %(default)s)")
    add("--scale", type=scale, default=plan.scale, metavar="X", help="how much in each round (default %(default)s)")
    add("--json", type=Path, metavar="FILE", help="also write everything to this file")
    add("--chart", type=Path, metavar="FILE", help="also draw a picture, .svg or .png")
    add("--markdown", type=Path, metavar="FILE", help="also rewrite the figures in this document, and its picture")
    add("--read", type=Path, nargs="+", metavar="FILE", help="measure nothing: report what --json has written")
    return parser


def workload(name: str) -> Workload:
    for known in WORKLOADS:
        if known.name == name:
            return known
    raise argparse.ArgumentTypeError(f"must be one of {', '.join(known.name for known in WORKLOADS)}, not {name}")


def count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {number}")
    return number


def scale(text: str) -> float:
    number = float(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"must be above 0, not {text}")
    return number


if __name__ == "__main__":
    main()
