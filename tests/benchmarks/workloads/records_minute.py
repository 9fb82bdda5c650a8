"""A minute of tasks that are all recorded."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from poolapp.engine.workers.memory import resident_set
from poolapp.models import TaskRecord
from tests.benchmarks.workloads.observers_loads import TICK, steady
from tests.benchmarks.workloads.observers_records import OPEN, wait_until_written


def minute(rate: int, seconds: float) -> dict[str, float]:
    """Run so many tasks in every second; see ABOUT of `records`."""
    TaskRecord.objects.all().delete()
    memory = resident_set(os.getpid())
    with counted_warnings() as warnings:
        done = steady(rate, seconds)["done"]
        wait_until_written()
    asked_for = max(2, round(seconds / TICK)) * round(rate * TICK)
    finished = TaskRecord.objects.exclude(status__in=OPEN).count()
    grown = (resident_set(os.getpid()) or 0) - (memory or 0)
    return {"done": done, "missing": asked_for - finished, "memory": grown / 2**20, "warnings": len(warnings)}


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
