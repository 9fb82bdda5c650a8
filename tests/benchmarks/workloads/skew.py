"""Skew: how well tasks of very different lengths are shared by the workers."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from poolapp.engine import QueueOptions
from poolapp.engine.strategies import STRATEGIES
from tests.benchmarks.figures import Figure, Sheet
from tests.benchmarks.peers import Candidate, candidates, ours
from tests.benchmarks.peers.base import require, running
from tests.benchmarks.peers.limits import BARE_THREADS
from tests.benchmarks.subjects import is_ours
from tests.benchmarks.work import sleep
from tests.benchmarks.workloads.base import Plan, Tell, Workload, turns

ABOUT = (
    "300 tasks given at once, in the order of the draw: Pareto distributed (alpha 1.5), 1 ms to 200 ms, drawn anew for"
    " each round. They sleep, so that the number of CPUs does not matter. The bound is what nothing can be faster than:"
    " the sum of the tasks, as they took, shared by the workers, or the longest task. The limit: as many bare threads"
    " as workers, each of which takes the next task when it is done with one. poolapp's pools choose by least_used"
    " and steal, unless their name says something else."
)
TASKS, ALPHA, SHORTEST, LONGEST = 300, 1.5, 0.001, 0.2
DEFAULT = "least_used"
NO_STEALING = QueueOptions(task_stealing=False, task_stealing_on_back_pressure=False)


def run(plan: Plan, tell: Tell) -> Iterable[Figure]:
    count, sheet = plan.count(TASKS), Sheet("skew")
    pools = sorted([*candidates("process", "thread"), *strategies()], key=lambda pool: not is_ours(pool.name))
    with running([*pools, BARE_THREADS], plan.workers) as peers:
        for peer in peers.values():
            peer.many(plan.count(100))
        for turn, name in enumerate(turns(peers, plan, tell)):
            lengths = draw(count, seed=turn // len(peers))
            sheet.add(name, "makespan", "× bound", over_bound(peers[name].call_many, lengths, plan.workers))
    return sheet.figures(peers)


def strategies() -> Iterator[Candidate]:
    """Our pools with every strategy, with stealing and without; what they have by default is there already."""
    for kind in ("process", "thread"):
        for strategy in STRATEGIES:
            name = f"poolapp {kind}, {strategy}"
            if strategy != DEFAULT:
                yield Candidate(name, "", kind, ours.pool(kind, strategy=strategy))
            alone = ours.pool(kind, strategy=strategy, queue=NO_STEALING)
            yield Candidate(f"{name}, no stealing", "", kind, alone)


def draw(count: int, seed: int) -> list[float]:
    """Lengths of tasks in seconds, the same for the same seed."""
    chance = random.Random(seed)
    return [min(SHORTEST * chance.paretovariate(ALPHA), LONGEST) for _ in range(count)]


def over_bound(call_many: Callable[..., list[Any]], lengths: list[float], workers: int) -> float:
    """How many times as long as the lower bound it takes to do all tasks."""
    began = time.perf_counter()
    results = call_many(sleep, list(enumerate(lengths)))
    makespan = time.perf_counter() - began
    require([number for number, _ in results] == list(range(len(lengths))))
    slept: list[float] = [seconds for _, seconds in results]
    return makespan / max(sum(slept) / workers, *slept)


SKEW = Workload("skew", ABOUT, run)
