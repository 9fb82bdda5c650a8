"""Measuring: all candidates run all the time, and take turns, so that the machine treats them alike."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.benchmarks.peers import Candidate, Peer


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    rounds: int = 7
    round_trips: int = 1000
    tasks: int = 20_000
    workers: int = 2


@dataclass
class Figures:
    """What was measured of one candidate, a value for each round; times in microseconds."""

    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    tasks_per_second: list[float] = field(default_factory=list)


def measure(candidates: Sequence[Candidate], plan: Plan, tell: Callable[[str], object]) -> dict[str, Figures]:
    """The figures of all candidates, by their names."""
    figures = {candidate.name: Figures() for candidate in candidates}
    with ExitStack() as stack:
        peers = {candidate.name: stack.enter_context(candidate.start(plan.workers)) for candidate in candidates}
        for peer in peers.values():
            _warm_up(peer, plan)
        for number in range(1, plan.rounds + 1):
            tell(f"round {number} of {plan.rounds}")
            for name in random.sample(list(peers), len(peers)):
                _measure_once(peers[name], plan, figures[name])
    return figures


def _warm_up(peer: Peer, plan: Plan) -> None:
    _round_trips(peer, plan.round_trips // 10 + 1)
    _many(peer, plan.tasks // 10 + 1)


def _measure_once(peer: Peer, plan: Plan, figures: Figures) -> None:
    times = _round_trips(peer, plan.round_trips)
    figures.p50.append(statistics.median(times))
    figures.p99.append(sorted(times)[int(len(times) * 0.99)])
    if seconds := _many(peer, plan.tasks):
        figures.tasks_per_second.append(plan.tasks / seconds)


def _round_trips(peer: Peer, count: int) -> list[float]:
    """Microseconds that each of so many calls takes, one after another; the results must be right."""
    call, times, results = peer.call, [], []
    for number in range(count):
        began = time.perf_counter()
        results.append(call(number))
        times.append((time.perf_counter() - began) * 1e6)
    _require_right(results, count)
    return times


def _many(peer: Peer, count: int) -> float | None:
    """Seconds that so many calls take at once; None for what cannot."""
    if peer.call_many is None:
        return None
    began = time.perf_counter()
    results = peer.call_many(count)
    seconds = time.perf_counter() - began
    _require_right(results, count)
    return seconds


def _require_right(results: list[int], count: int) -> None:
    if results != list(range(count)):
        raise AssertionError("a peer has returned wrong results")


def quartiles(values: Sequence[float]) -> Iterator[float]:
    """The lower and the upper quartile: half of all values lie between."""
    if len(values) < 2:
        yield from (values[0], values[0])
        return
    lower, _, upper = statistics.quantiles(values, n=4, method="inclusive")
    yield from (lower, upper)
