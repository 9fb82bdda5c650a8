"""How fast records are written, and whether the counter of what is left out is right."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from poolapp import pools
from poolapp.conf import get_settings
from poolapp.engine import Pool, PoolOptions
from poolapp.engine.events import POOL_EVENTS, TASK_EVENTS, Event
from poolapp.models import PoolEvent, TaskRecord, TaskStatus
from poolapp.observers.recorder import Recorder
from tests.benchmarks.peers.base import require
from tests.benchmarks.workloads.observers_loads import UNDER_WAY, burst

SECONDS_TO_WRITE = 0.7
# A pool becomes ready once, and what happens to tasks is in their own records.
HAPPENS = set(POOL_EVENTS) - {"ready", "task_error"}
OPEN = (TaskStatus.QUEUED, TaskStatus.RUNNING)


def capacity(count: int) -> float:
    """Rows in a second that a recorder writes for which nothing else is to be done."""
    recorder, before, seconds = Recorder(get_settings()), TaskRecord.objects.count(), 0.0
    for events in events_of_tasks(count):
        for event in events:
            recorder.handle("default", event)
        began = time.perf_counter()
        recorder.flush()
        seconds += time.perf_counter() - began
    require(recorder.dropped == 0 and TaskRecord.objects.count() - before == count, "the recorder")
    return count / seconds


def events_of_tasks(count: int) -> Iterator[list[Event]]:
    """What a pool tells of so many tasks, in parts that a recorder has room for."""
    for first in range(0, count, UNDER_WAY):
        heard: list[Event] = []
        with Pool(PoolOptions(worker="thread", min_size=2)) as pool:
            for name in TASK_EVENTS:
                pool.on(name, heard.append)
            for _ in range(first, min(first + UNDER_WAY, count)):
                pool.execute(abs, 1)
        yield heard


def overload(count: int) -> int:
    """Run more tasks than can be recorded; how many records are missing then, as many as the pool has counted."""
    wait_until_written()
    dropped, recorded, happened = dropped_records(), records(), Counter[str]()
    with counted(happened):
        burst(count)
        wait_until_written()
    missing = count + happened.total() - (records() - recorded)
    require(dropped_records() - dropped == missing, "the counter of dropped records")
    TaskRecord.objects.all().delete()
    return missing


@contextmanager
def counted(happened: Counter[str]) -> Iterator[None]:
    """Count the events of the pool that are recorded."""

    def count(event: Event) -> None:
        happened[event.name] += 1

    pool = pools.get_pool()
    for name in HAPPENS:
        pool.on(name, count)
    yield
    for name in HAPPENS:
        pool.off(name, count)


def records() -> int:
    """Records of tasks that have ended, and of events of pools."""
    return TaskRecord.objects.exclude(status__in=OPEN).count() + PoolEvent.objects.count()


def dropped_records() -> int:
    [snapshot] = pools.local_snapshots()
    dropped: int = snapshot["dropped_records"]
    return dropped


def wait_until_written() -> None:
    """Wait until no more records come."""
    before = -1
    while (now := records()) != before:
        before = now
        time.sleep(SECONDS_TO_WRITE)
