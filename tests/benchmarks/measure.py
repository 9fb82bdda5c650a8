"""Measuring: all candidates run all the time, and take turns, so that the machine treats them alike."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.benchmarks.peers.base import Candidate, Peer


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
    peer.round_trips(plan.round_trips // 10 + 1)
    peer.many(plan.tasks // 10 + 1)


def _measure_once(peer: Peer, plan: Plan, figures: Figures) -> None:
    times = peer.round_trips(plan.round_trips)
    figures.p50.append(statistics.median(times))
    figures.p99.append(sorted(times)[int(len(times) * 0.99)])
    if seconds := peer.many(plan.tasks):
        figures.tasks_per_second.append(plan.tasks / seconds)


def quartiles(values: Sequence[float]) -> Iterator[float]:
    """The lower and the upper quartile: half of all values lie between."""
    if len(values) < 2:
        yield from (values[0], values[0])
        return
    lower, _, upper = statistics.quantiles(values, n=4, method="inclusive")
    yield from (lower, upper)
