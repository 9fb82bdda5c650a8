"""Compares poolapp's pools with those of Python's library, in one run and in turns."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.measure import Plan, measure
from tests.benchmarks.peers import CANDIDATES
from tests.benchmarks.report import as_json, as_text

ABOUT = """\
Compares poolapp's pools with those of Python's library. All run at the same time and take turns in every round,
in an order that changes, doing tasks that return their argument. Measured are the round trip (one call, wait for its
result, again and again) and the throughput (all calls at once, then all results), task by task and without chunks.
A byte sent to another process and back shows the limit of any process pool on this machine.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    plan = Plan(options.rounds, options.round_trips, options.tasks, options.workers)
    load = os.getloadavg()[0]
    figures = measure(CANDIDATES, plan, lambda text: print(text, file=sys.stderr, flush=True))
    report = as_json(CANDIDATES, figures, plan, load)
    print("\n".join(as_text(report)))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    plan = Plan()
    parser.add_argument("--rounds", type=_count, default=plan.rounds, metavar="N", help="rounds (default %(default)s)")
    parser.add_argument(
        "--round-trips",
        type=_count,
        default=plan.round_trips,
        metavar="N",
        help="calls one after another, in a round (default %(default)s)",
    )
    parser.add_argument(
        "--tasks", type=_count, default=plan.tasks, metavar="N", help="calls at once, in a round (default %(default)s)"
    )
    parser.add_argument(
        "--workers", type=_count, default=plan.workers, metavar="N", help="workers of each pool (default %(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures to this file")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {number}")
    return number


if __name__ == "__main__":
    main()
