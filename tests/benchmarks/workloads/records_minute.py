"""A minute of tasks that are all recorded."""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import poolapp
from poolapp.engine.futures import TaskFuture
from poolapp.engine.workers.memory import resident_set
from poolapp.models import TaskRecord
from tests.benchmarks.peers.base import require
from tests.benchmarks.work import same
from tests.benchmarks.workloads.observers_loads import SECONDS, TICK
from tests.benchmarks.workloads.observers_records import OPEN, wait_until_written

TICKS_UNDER_WAY = 10  # a tenth of a second


def minute(rate: int, seconds: float) -> dict[str, float]:
    """Run so many tasks in every second; see ABOUT of `records`."""
    wait_until_written()
    TaskRecord.objects.all().delete()
    memory = resident_set(os.getpid())
    with counted_warnings() as warnings:
        count, done = flow(rate, seconds)
        wait_until_written()
    finished = TaskRecord.objects.exclude(status__in=OPEN).count()
    grown = (resident_set(os.getpid()) or 0) - (memory or 0)
    return {"done": done, "missing": count - finished, "memory": grown / 2**20, "warnings": len(warnings)}


def flow(rate: int, seconds: float) -> tuple[int, float]:
    """Give so many tasks in every second, some in each tick, and take the results of each a few ticks later.

    Returns how many there were, and how many were done in a second.
    """
    ticks, batch = max(2, round(seconds / TICK)), round(rate * TICK)
    under_way: deque[list[TaskFuture]] = deque()
    began = time.perf_counter()
    for tick in range(ticks):
        time.sleep(max(0.0, began + tick * TICK - time.perf_counter()))
        under_way.append([poolapp.execute(same, number) for number in range(batch)])
        if len(under_way) > TICKS_UNDER_WAY:
            check(under_way.popleft())
    while under_way:
        check(under_way.popleft())
    elapsed = max(time.perf_counter() - began, ticks * TICK)
    return ticks * batch, ticks * batch / elapsed


def check(futures: list[TaskFuture]) -> None:
    require([future.result(SECONDS) for future in futures] == list(range(len(futures))), "the site's pool")


@contextmanager
def counted_warnings() -> Iterator[list[logging.LogRecord]]:
    """What is logged meanwhile, from warnings on."""
    heard: list[logging.LogRecord] = []

    class Counter(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record)

    handler, root = Counter(logging.WARNING), logging.getLogger()
    root.addHandler(handler)
    yield heard
    root.removeHandler(handler)
