"""What was measured, as a table for people and as JSON for programs."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.benchmarks.measure import Figures, Plan, quartiles
from tests.benchmarks.peers import Candidate

# Ours, and those that it is compared with, as far as they are there.
RIVALS = {
    "poolapp process": (
        "multiprocessing.Pool",
        "ProcessPoolExecutor",
        "loky",
        "pebble",
        "mpire",
        "joblib",
        "poolifier thread",
        "poolifier cluster",
        "piscina",
        "raw socketpair",
    ),
    "poolapp thread": ("ThreadPoolExecutor", "poolifier thread", "piscina"),
}


def as_json(candidates: Sequence[Candidate], figures: dict[str, Figures], plan: Plan, load: float) -> dict[str, Any]:
    """All figures; load: the machine's load average before the run."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": len(os.sched_getaffinity(0)),
        "load": load,
        "rounds": plan.rounds,
        "round_trips": plan.round_trips,
        "tasks": plan.tasks,
        "workers": plan.workers,
        "peers": {c.name: {"about": c.about, **_figures(figures[c.name])} for c in candidates},
        "ratios": {
            f"{ours} / {theirs}": _ratios(figures[ours], figures[theirs])
            for ours, rivals in RIVALS.items()
            for theirs in rivals
            if theirs in figures
        },
    }


def as_text(report: dict[str, Any]) -> Iterator[str]:
    """The lines of the table."""
    yield (
        f"Python {report['python']}, {report['system']}, {report['cpus']} CPUs, {report['workers']} workers each;"
        f" {report['rounds']} rounds of {report['round_trips']:,} round trips and {report['tasks']:,} tasks at once."
    )
    yield "Medians of the rounds, in brackets the quartiles. Every result was checked."
    yield f"Load average before the run: {report['load']:.1f}; figures of a busy machine tell little."
    yield ""
    yield f"{'':20}{'round trip p50, µs':>27}{'round trip p99, µs':>30}{'tasks/s':>30}"
    for name, peer in report["peers"].items():
        times = f"{_cell(peer['round_trip_p50_us'], 1):>27}{_cell(peer['round_trip_p99_us'], 1):>30}"
        yield f"{name:20}{times}{_cell(peer['tasks_per_second'], 0):>30}"
    yield ""
    for name, peer in report["peers"].items():
        yield f"{name}: {peer['about']}"
    yield ""
    for pair, ratio in report["ratios"].items():
        throughput = ratio["tasks_per_second"]
        said = "" if throughput is None else f", throughput {throughput:.2f}"
        yield f"{pair}: round trip {ratio['round_trip_p50']:.2f}{said}"


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        "round_trip_p50_us": _summary(figures.p50),
        "round_trip_p99_us": _summary(figures.p99),
        "tasks_per_second": _summary(figures.tasks_per_second),
    }


def _summary(values: list[float]) -> dict[str, Any] | None:
    if not values:
        return None
    lower, upper = quartiles(values)
    return {"median": statistics.median(values), "lower": lower, "upper": upper, "values": values}


def _ratios(ours: Figures, theirs: Figures) -> dict[str, float | None]:
    """Medians of the quotients of each round: what slows a round down slows both. None where there is nothing."""

    def quotient(values: Callable[[Figures], list[float]]) -> float | None:
        pairs = zip(values(ours), values(theirs), strict=False)
        return statistics.median(quotients) if (quotients := [a / b for a, b in pairs]) else None

    return {
        "round_trip_p50": quotient(lambda figures: figures.p50),
        "round_trip_p99": quotient(lambda figures: figures.p99),
        "tasks_per_second": quotient(lambda figures: figures.tasks_per_second),
    }


def _cell(summary: dict[str, Any] | None, digits: int) -> str:
    if summary is None:
        return "-"
    median, lower, upper = (f"{summary[key]:,.{digits}f}" for key in ("median", "lower", "upper"))
    return f"{median} [{lower}..{upper}]"
