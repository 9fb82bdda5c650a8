"""A pool of simulated workers that has much to do, in a process of its own."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

from poolapp.engine import Pool, PoolOptions
from tests.benchmarks.peers.base import require
from tests.benchmarks.workloads.growth_crew import SimulatedCrew
from tests.benchmarks.workloads.lifecycle_probes import answer


class Crowd:
    """A pool of which all workers are busy, and so many tasks wait."""

    def __init__(self, nodes: int, queued: int, strategy: str) -> None:
        self._nodes, self._queued = nodes, queued
        self._pool = Pool(PoolOptions(worker=SimulatedCrew, min_size=nodes, strategy=strategy))
        self._pool.start()
        self._crew = SimulatedCrew.latest

    def fill(self) -> None:
        """Submit all that is to wait, and let every worker have had a task: how long one takes is known then."""
        gc.disable()
        for _ in range(self._nodes + self._queued):
            self._pool.execute(abs, 1)
        for _ in range(self._nodes):
            self._step()
        require(len(self._crew.sent) == self._nodes, "the simulation")
        require(self._pool.snapshot()["queued_tasks"] == self._queued, "the simulation")
        gc.collect()
        gc.freeze()

    def cost(self, count: int, collecting: bool) -> float:
        """Microseconds of CPU time to submit a task and to finish one, by this thread, which does both.

        collecting: whether the garbage collector runs as usual; all that waits is among what it looks through.
        """
        if collecting:
            gc.unfreeze()
            gc.enable()
        began = time.thread_time()
        for _ in range(count):
            self._step()
        seconds = time.thread_time() - began
        gc.disable()
        gc.freeze()
        return 1e6 * seconds / count

    def _step(self) -> None:
        self._pool.execute(abs, 1)
        self._crew.answer()


def main(nodes: str, queued: str, strategy: str) -> None:
    crowd = Crowd(int(nodes), int(queued), strategy)
    questions: dict[str, Callable[..., object]] = {"fill": crowd.fill, "cost": crowd.cost}
    answer(questions)
