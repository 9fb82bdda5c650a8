"""CPU: how much of the machine's own speed is left for tasks that compute."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable

from tests.benchmarks.figures import Figure, Sheet
from tests.benchmarks.peers import candidates
from tests.benchmarks.peers.base import require, running
from tests.benchmarks.peers.limits import BARE_PROCESSES
from tests.benchmarks.work import burn
from tests.benchmarks.workloads.base import Plan, Tell, Workload, turns

ABOUT = (
    "2,000 tasks of 1 ms and 200 tasks of 20 ms, given at once; each uses the CPU for so long by its thread's clock,"
    " so that waiting for the CPU does not count as work. 100 % is the sum of them, shared by the workers or the CPUs,"
    " whichever are fewer. The limit: as many bare processes as workers, which use as much CPU without any pool. What"
    " they miss, the machine was busy with other things."
)
LOADS = {"2,000 tasks of 1 ms": (2000, 0.001), "200 tasks of 20 ms": (200, 0.02)}


def run(plan: Plan, tell: Tell) -> Iterable[Figure]:
    sheet, share = Sheet("cpu"), min(plan.workers, len(os.sched_getaffinity(0)))
    with running([*candidates("process"), BARE_PROCESSES], plan.workers) as peers:
        for peer in peers.values():
            peer.many(plan.count(100))
        for name in turns(peers, plan, tell):
            for quantity, (tasks, seconds) in LOADS.items():
                count = plan.count(tasks)
                elapsed = timed(peers[name].call_many, count, seconds)
                sheet.add(name, quantity, "% of ideal", 100 * count * seconds / share / elapsed)
    return sheet.figures(peers)


def timed(call_many: Callable[..., list[int]], count: int, seconds: float) -> float:
    """Seconds that so many tasks take, each of which uses the CPU for `seconds`."""
    tasks = [(number, seconds) for number in range(count)]
    began = time.perf_counter()
    results = call_many(burn, tasks)
    elapsed = time.perf_counter() - began
    require(results == list(range(count)))
    return elapsed


CPU = Workload("cpu", ABOUT, run)
