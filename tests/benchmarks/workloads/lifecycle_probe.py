"""One pool's start, and the replacement of its workers, in a process of its own."""

from __future__ import annotations

import os
import queue
import signal
import statistics
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from multiprocessing import TimeoutError as NoAnswer

from poolapp.engine import Pool
from tests.benchmarks.workloads.lifecycle_pools import PATIENCE_SECONDS, PROCESSES, SetUp, with_django
from tests.benchmarks.workloads.lifecycle_probes import answer


class Life:
    """What happens to one pool; all times in milliseconds."""

    def __init__(self, name: str, workers: int) -> None:
        self._start = PROCESSES[name]
        self._workers = workers

    def start(self, django: bool) -> dict[str, float]:
        """Start it; the time until it says that it is ready, if it does, and until each worker has answered."""
        set_up = with_django() if django else SetUp()
        began = time.perf_counter()
        self._living = self._start(self._workers, set_up)
        times = {}
        if self._living.pool is not None:
            heard(self._living.pool, "ready").get(timeout=PATIENCE_SECONDS)
            times["ready"] = since(began)
        self._pids = self._living.pids(self._workers)
        times["first results"] = since(began)
        self._idle = self._workers
        return times

    def replace(self, times: int) -> dict[str, float] | str:
        """Kill a worker while all are busy, several times: the medians, or in a word why there are none."""
        try:
            found = [self._replace_one() for _ in range(times)]
        except BrokenExecutor:
            return "breaks"
        except NoAnswer:
            return "hangs"
        return {what: statistics.median(each[what] for each in found) for what in found[0]}

    def _replace_one(self) -> dict[str, float]:
        """Only the successor can answer, since everybody else is busy."""
        living, times = self._living, {}
        living.keep_busy(self._idle)  # no more than that, or the successor would have to do it first
        victim = self._pids.pop()
        online = heard(living.pool, "worker_online") if living.pool is not None else None
        began = time.perf_counter()
        os.kill(victim, signal.SIGKILL)
        if online is not None:
            times["online"] = 1000 * (online.get(timeout=PATIENCE_SECONDS) - began)
        while (pid := living.result(living.submit(os.getpid), PATIENCE_SECONDS)) in {victim, *self._pids}:
            pass
        times["answering"] = since(began)
        self._pids.add(pid)
        self._idle = 1
        return times


def heard(pool: Pool, event: str) -> queue.SimpleQueue[float]:
    """Where the moments of the next events of this name come in."""
    moments: queue.SimpleQueue[float] = queue.SimpleQueue()
    pool.on(event, lambda _: moments.put(time.perf_counter()))
    return moments


def since(began: float) -> float:
    return 1000 * (time.perf_counter() - began)


def main(name: str, workers: str) -> None:
    life = Life(name, int(workers))
    questions: dict[str, Callable[..., object]] = {"start": life.start, "replace": life.replace}
    answer(questions)
