"""What the pool of a site is given to do: much at once, or so much in every second."""

from __future__ import annotations

import statistics
import threading
import time

import poolapp
from tests.benchmarks.peers.base import require
from tests.benchmarks.work import same

SECONDS = 60
# So many are under way at the most: a load that comes in faster than it is done would only fill the queues.
UNDER_WAY = 2_000
TICK = 0.01


def burst(count: int) -> float:
    """Run so many tasks as fast as they go, from this thread; tasks in a second."""
    began = time.perf_counter()
    for first in range(0, count, UNDER_WAY):
        run(range(first, min(first + UNDER_WAY, count)))
    return count / (time.perf_counter() - began)


def steady(rate: int, seconds: float) -> dict[str, float]:
    """Run so many tasks in every second, some in each tick.

    Returns how many were done in a second, in how many milliseconds those of a tick were, and how much CPU this
    process has used for everything that it does, in % of one core.
    """
    ticks, batch = max(2, round(seconds / TICK)), round(rate * TICK)
    times, began, cpu_began = [], time.perf_counter(), time.process_time()
    for tick in range(ticks):
        time.sleep(max(0.0, began + tick * TICK - time.perf_counter()))
        tick_began = time.perf_counter()
        run(range(batch))
        times.append(1000 * (time.perf_counter() - tick_began))
    time.sleep(max(0.0, began + ticks * TICK - time.perf_counter()))
    elapsed = time.perf_counter() - began
    return {
        "done": ticks * batch / elapsed,
        "milliseconds": statistics.median(times),
        "cpu": 100 * (time.process_time() - cpu_began) / elapsed,
    }


def run(numbers: range) -> None:
    futures = [poolapp.execute(same, number) for number in numbers]
    require([future.result(SECONDS) for future in futures] == list(numbers), "the site's pool")


class Traffic:
    """Tasks that keep coming from a thread of their own, while something else is measured."""

    def begin(self, rate: int) -> None:
        """Run so many tasks in every second, some in each tick, from now on; fewer where they are not done in time."""
        self._done, self._ends, self._began = 0, threading.Event(), time.perf_counter()
        self._thread = threading.Thread(target=self._come, args=(round(rate * TICK),), daemon=True)
        self._thread.start()

    def end(self) -> float:
        """How many tasks were done in a second."""
        self._ends.set()
        self._thread.join()
        return self._done / (time.perf_counter() - self._began)

    def _come(self, batch: int) -> None:
        due = self._began
        while not self._ends.wait(max(0.0, due - time.perf_counter())):
            # What could not be done in time is not made up for.
            due = max(due + TICK, time.perf_counter())
            run(range(batch))
            self._done += batch
