"""A running pool that nobody refers to any more."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from poolapp.engine import Pool, PoolOptions
from tests.engine import functions
from tests.engine.gates import Gate
from tests.engine.polling import children, eventually

SECONDS = 20


@pytest.fixture(params=["thread", "process"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def pool_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "forgotten" in thread.name]


def start(kind: str) -> Pool:
    """Not by the fixture, which would remember it."""
    pool = Pool(PoolOptions(name="forgotten", worker=kind, min_size=2))
    pool.start()
    return pool


def is_gone(processes: set[int]) -> Callable[[], bool]:
    def look() -> bool:
        gc.collect()
        return not pool_threads() and set(children(os.getpid())) <= processes

    return look


def test_it_ends_with_all_that_belongs_to_it(kind: str):
    processes = set(children(os.getpid()))
    pool = start(kind)
    assert pool.execute(functions.add, 1, 1).result(SECONDS) == 2
    assert pool_threads()

    del pool

    eventually(is_gone(processes), SECONDS)


def test_it_finishes_its_tasks_first(kind: str, tmp_path: Path):
    processes = set(children(os.getpid()))
    pool, gate = start(kind), Gate(tmp_path)
    futures = [gate.hold(pool), *(pool.execute(functions.add, number) for number in range(20))]
    gate.wait_for_task()

    del pool
    gc.collect()
    gate.open()

    assert [future.result(SECONDS) for future in futures] == ["passed", *range(20)]
    gate.close()
    eventually(is_gone(processes), SECONDS)


def test_one_that_never_ran_leaves_nothing(kind: str):
    pool = Pool(PoolOptions(name="forgotten", worker=kind))

    del pool
    gc.collect()

    assert pool_threads() == []
