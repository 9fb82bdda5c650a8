"""Deaths: how long others wait while a worker is killed every second."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Iterable
from typing import Any

from poolapp.engine import Pool, PoolOptions, WorkerLost
from tests.benchmarks.figures import Figure, Sheet
from tests.benchmarks.peers.base import require
from tests.benchmarks.subjects import PROCESS
from tests.benchmarks.work import burn
from tests.benchmarks.workloads.base import Plan, Tell, Workload, turns

ABOUT = (
    "Two threads call a task of 1 ms of CPU every 10 ms each and wait for it; in half of the time a worker, chosen at"
    " random, is killed every second. Tasks that were in its hands are lost and do not count; nobody else's may fail."
    " Other pools are not measured: all of them but pebble break, or hang, at the first death."
)
SECONDS = 10
PERIOD = 0.01
TASK = 0.001
BETWEEN_DEATHS = 1.0
CALLERS = 2


class Load:
    """Calls at a steady rate, and notes how long each took."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._stopping = threading.Event()
        self.times: list[float] = []
        self.lost = 0

    def call_for(self, seconds: float, *, kill: bool) -> None:
        """Go on for so long, and kill a worker every second if that is wanted."""
        callers = [threading.Thread(target=self._call) for _ in range(CALLERS)]
        for caller in callers:
            caller.start()
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, BETWEEN_DEATHS))
            if kill:
                self._kill_one()
        self._stopping.set()
        for caller in callers:
            caller.join()

    def _call(self) -> None:
        number = 0
        while not self._stopping.wait(PERIOD):
            number += 1
            began = time.perf_counter()
            try:
                require(self._pool.execute(burn, number, TASK).result(30) == number)
            except WorkerLost:
                self.lost += 1
            else:
                self.times.append(time.perf_counter() - began)

    def _kill_one(self) -> None:
        workers: list[dict[str, Any]] = self._pool.snapshot(tasks=False)["workers"]
        if pids := [worker["pid"] for worker in workers if worker["pid"]]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(random.choice(pids), signal.SIGKILL)


def run(plan: Plan, tell: Tell) -> Iterable[Figure]:
    sheet, seconds = Sheet("deaths"), max(0.2, SECONDS * plan.scale)
    with Pool(PoolOptions(worker="process", min_size=plan.workers)) as pool:
        pool.execute(burn, 0, 0.0).result(30)
        for _ in turns([PROCESS], plan, tell):
            for what, kill in (("quiet", False), ("a death every second", True)):
                load = Load(pool)
                load.call_for(seconds, kill=kill)
                times = sorted(load.times)
                sheet.add(PROCESS, f"{what}, p50", "ms", 1e3 * times[len(times) // 2])
                sheet.add(PROCESS, f"{what}, p99", "ms", 1e3 * times[int(len(times) * 0.99)])
                sheet.add(PROCESS, f"{what}, slowest", "ms", 1e3 * times[-1])
            sheet.add(PROCESS, "tasks lost with their worker", "tasks", load.lost)
    return sheet.figures([PROCESS])


DEATHS = Workload("deaths", ABOUT, run)
