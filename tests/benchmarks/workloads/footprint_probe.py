"""What one pool needs while it has nothing to do, and for tasks that wait, in a process of its own."""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from tests.benchmarks.work import same
from tests.benchmarks.workloads.footprint_app import APP, in_the_app
from tests.benchmarks.workloads.lifecycle_pools import PROCESSES, THREADS, SetUp, with_django
from tests.benchmarks.workloads.lifecycle_probes import answer
from tests.benchmarks.workloads.memory import descendants, fields

POOLS = {**PROCESSES, **THREADS, APP: in_the_app}
SECONDS_TO_CALM_DOWN = 1.0


class Footprint:
    """One pool, which is warm: all its workers have had something to do."""

    def __init__(self, name: str, workers: int) -> None:
        self._workers = workers
        self._living = POOLS[name](workers, SetUp() if name in THREADS else with_django())
        self._pids = self._living.pids(1 if name in THREADS else workers)
        for number in range(100 * workers):
            self._living.result(self._living.submit(abs, number))
        time.sleep(SECONDS_TO_CALM_DOWN)

    def memory(self) -> dict[str, int]:
        """Bytes of a worker, and of all processes of the pool; their fair share of what they share (PSS)."""
        return {
            "worker": round(statistics.mean(map(resident, self._pids))),
            "processes": sum(map(resident, descendants(os.getpid()))),
        }

    def queued(self, count: int) -> float:
        """Bytes that a task needs in this process while it waits, with its argument and its future."""
        if self._living.pool is not None:
            self._living.pool.pause()
        else:
            self._living.keep_busy(self._workers)
        handles: list[object] = [None] * count
        gc.collect()
        before = own_memory()
        for number in range(count):
            handles[number] = self._living.submit(same, number)
        gc.collect()
        return (own_memory() - before) / count

    def idle_cpu(self, seconds: float) -> float:
        """CPU that all threads and processes of the pool need while nothing is asked of it, in % of one core."""
        family = [os.getpid(), *descendants(os.getpid())]
        before, began = cpu_seconds(family), time.perf_counter()
        time.sleep(seconds)
        return 100 * (cpu_seconds(family) - before) / (time.perf_counter() - began)


def resident(pid: int) -> int:
    return fields(f"/proc/{pid}/smaps_rollup", "Pss:")


def own_memory() -> int:
    used = fields("/proc/self/smaps_rollup", "Pss_Anon:")
    assert used, "needs /proc/PID/smaps_rollup"
    return used


def cpu_seconds(pids: Iterable[int]) -> float:
    """CPU time of these processes: as the scheduler counts it, since the ticks of `stat` are too coarse here."""
    nanoseconds = 0
    for pid in pids:
        with suppress(FileNotFoundError):  # it has just ended
            for thread in Path(f"/proc/{pid}/task").iterdir():
                nanoseconds += int((thread / "schedstat").read_text().split()[0])
    assert nanoseconds, "needs /proc/PID/task/TID/schedstat"
    return nanoseconds / 1e9


def main(name: str, workers: str) -> None:
    footprint = Footprint(name, int(workers))
    questions: dict[str, Callable[..., object]] = {
        "memory": footprint.memory,
        "queued": footprint.queued,
        "idle_cpu": footprint.idle_cpu,
    }
    answer(questions)
