"""Throughput: how many tasks that do nothing are done in a second, from one thread, from several, from coroutines."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from tests.benchmarks.figures import Figure, Sheet
from tests.benchmarks.peers import candidates
from tests.benchmarks.peers.base import Peer, require, running
from tests.benchmarks.peers.pools import TaskByTask
from tests.benchmarks.work import same
from tests.benchmarks.workloads.base import Plan, Tell, Workload, turns

ABOUT = (
    "20,000 tasks that return their argument, all given at once: from one thread, from 8 threads that each wait for"
    " their own, and from 1,000 asyncio tasks that each await one after another (poolapp: aexecute, others:"
    " asyncio.wrap_future). joblib is given all in one call, and makes batches of them."
)
TASKS, THREADS, COROUTINES = 20_000, 8, 1_000
ONE_THREAD, MANY_THREADS, ASYNCIO = "from one thread", f"from {THREADS} threads", "from 1,000 asyncio tasks"


def run(plan: Plan, tell: Tell) -> Iterable[Figure]:
    count, sheet = plan.count(TASKS), Sheet("throughput")
    with running(candidates("process", "thread", "node"), plan.workers) as peers:
        for peer in peers.values():
            for many in ways(peer).values():
                many(plan.count(TASKS // 10))
        for name in turns(peers, plan, tell):
            for quantity, many in ways(peers[name]).items():
                sheet.add(name, quantity, "tasks/s", count / many(count))
    return sheet.figures(peers)


def ways(peer: Peer) -> dict[str, Callable[[int], float]]:
    """The ways in which a peer can be given many tasks; each returns the seconds it takes."""
    found: dict[str, Callable[[int], float]] = {ONE_THREAD: peer.many}
    if isinstance(peer, TaskByTask) and peer.is_thread_safe:
        found[MANY_THREADS] = partial(from_threads, peer)
    if isinstance(peer, TaskByTask) and peer.acall is not None:
        found[ASYNCIO] = partial(from_event_loop, peer.acall)
    return found


def from_threads(peer: TaskByTask, count: int) -> float:
    results: list[list[int]] = [[] for _ in range(THREADS)]
    barrier = threading.Barrier(THREADS + 1)

    def work(number: int) -> None:
        mine = [(task,) for task in range(number, count, THREADS)]
        barrier.wait()
        results[number] = peer.call_many(same, mine)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    barrier.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    require(results == [list(range(number, count, THREADS)) for number in range(THREADS)])
    return seconds


def from_event_loop(acall: Callable[..., Awaitable[int]], count: int) -> float:
    return asyncio.run(from_coroutines(acall, count))


async def from_coroutines(acall: Callable[..., Awaitable[int]], count: int) -> float:
    async def work(number: int) -> list[int]:
        return [await acall(same, task) for task in range(number, count, COROUTINES)]

    began = time.perf_counter()
    results = await asyncio.gather(*(work(number) for number in range(COROUTINES)))
    seconds = time.perf_counter() - began
    require(results == [list(range(number, count, COROUTINES)) for number in range(COROUTINES)])
    return seconds


THROUGHPUT = Workload("throughput", ABOUT, run)
