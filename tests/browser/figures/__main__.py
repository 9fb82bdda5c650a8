"""Measures what the dashboard costs, in a real browser and with a real server: python -m tests.browser.figures"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tests.benchmarks.figures import Sheet
from tests.benchmarks.record import this_machine
from tests.benchmarks.report import lines
from tests.benchmarks.tables import notes, tables
from tests.browser.figures import drawing, loading, wire
from tests.browser.figures.site import RATE

SIZES = ", ".join(map(str, wire.POOLS))
ABOUT = f"""\
Measures what the dashboard costs, in Chromium and with a server of its own. Medians, in brackets the quartiles.

  drawing: what an animation frame takes, by Chromium's trace, with {drawing.WORKERS} threads and {RATE:,} tasks
           a second, as far as the machine does so many; and how many are done while nobody looks
  wire:    what comes over the socket of pools of {SIZES} workers, idle and with as many tasks
  loading: how long pages take to be there, with {loading.RECORDS:,} records on SQLite
"""


def main(arguments: Sequence[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    machine = this_machine()
    print(f"Python {machine['python']}, {machine['cpus']} CPUs, load average before: {machine['load_average']:.1f}.")
    for name in options.what or ("drawing", "wire", "loading"):
        print(f"{name} …", file=sys.stderr, flush=True)
        report(name, options)


def report(name: str, options: argparse.Namespace) -> None:
    sheet = Sheet(name)
    if name == "drawing":
        subjects = drawing.measure(sheet, options.rounds, options.seconds)
    elif name == "wire":
        subjects = wire.measure(sheet, options.rounds, options.seconds)
    else:
        subjects = loading.measure(sheet, max(3, options.rounds), options.records)
    figures = sheet.figures(subjects)
    print(f"\n\n{name}")
    for table in tables(figures):
        print("", *lines(table), sep="\n")
    print(*notes(figures), sep="\n")


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.browser.figures",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("what", nargs="*", choices=("drawing", "wire", "loading", []), help="everything unless given")
    add("--rounds", type=int, default=5, metavar="N", help="values of each figure (default %(default)s)")
    add("--seconds", type=float, default=5.0, metavar="S", help="how long each is watched (default %(default)s)")
    add("--records", type=int, default=loading.RECORDS, metavar="N", help="tasks in the database (default %(default)s)")
    return parser


if __name__ == "__main__":
    main()
