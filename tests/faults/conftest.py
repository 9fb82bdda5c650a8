"""What the tests of faults share: a pool with bystanders, which must come to no harm, and a look at what is left."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from poolapp.engine import Pool, PoolOptions, TaskFuture
from tests.contracts.conftest import books
from tests.engine import functions
from tests.engine.polling import children, eventually

SECONDS = 30
BYSTANDERS = 20


class Bystanders:
    """Tasks that have nothing to do with what goes wrong."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._futures: list[TaskFuture] = []

    def come(self) -> None:
        """Some of them, before or after the fault."""
        first = len(self._futures)
        self._futures += [self._pool.execute(functions.add, number) for number in range(first, first + BYSTANDERS)]

    def are_well(self) -> bool:
        return [future.result(SECONDS) for future in self._futures] == list(range(len(self._futures)))


@pytest.fixture
def make_pool() -> Iterator[Callable[..., Pool]]:
    """Makes and starts pools of two processes, unless told otherwise; in the end nothing of them may be left."""
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    threads, processes = set(threading.enumerate()), set(children(os.getpid()))
    pools: list[Pool] = []

    def make(**options: object) -> Pool:
        pools.append(Pool(PoolOptions(**{"worker": "process", "min_size": 2, "stop_timeout": 1.0, **options})))
        pools[-1].start()
        return pools[-1]

    yield make
    for pool in pools:
        pool.destroy(timeout=0)
        counted = books(pool)
        assert counted.pop("submitted") == sum(counted.values())
        assert (counted["executing"], counted["queued"]) == (0, 0)
    eventually(lambda: set(children(os.getpid())) <= processes)
    eventually(lambda: set(threading.enumerate()) <= threads)
    eventually(lambda: len(list(Path("/proc/self/fd").iterdir())) <= descriptors)


@pytest.fixture
def bystanders() -> Callable[[Pool], Bystanders]:
    return Bystanders


def works(pool: Pool) -> bool:
    """Whether the pool still does what it is for."""
    return pool.execute(functions.add, 1, 1).result(SECONDS) == 2
