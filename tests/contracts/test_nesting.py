"""Tasks that wait for tasks of their own pool; see helping.py."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from poolapp.engine import Pool, TaskFunction
from tests.engine.polling import eventually

SECONDS = 30


@pytest.fixture(params=["inline", "thread"])
def kind(request: pytest.FixtureRequest) -> str:
    """In a worker process there is no such pool."""
    return str(request.param)


@pytest.fixture
def small(make_pool: Callable[..., Pool]) -> Pool:
    """A pool of one."""
    pool = make_pool(min_size=1)
    pool.start()
    eventually(lambda: pool.snapshot()["ready"])
    return pool


def depth(pool: Pool, levels: int) -> int:
    return 0 if levels == 0 else pool.execute(depth, pool, levels - 1).result(SECONDS) + 1


async def async_depth(pool: Pool, levels: int) -> int:
    return 0 if levels == 0 else depth(pool, levels)


def many(pool: Pool, count: int) -> int:
    return sum(pool.execute(abs, -1).result(SECONDS) for _ in range(count))


def mapped(pool: Pool, count: int) -> list[int]:
    return list(pool.map(abs, range(-count, 0)))


def fail() -> None:
    raise LookupError("inner")


def rely_on(pool: Pool, function: Callable[..., Any]) -> Any:
    return pool.execute(function).result(SECONDS)


def test_a_task_may_wait_for_others_though_there_is_no_other_worker(small: Pool):
    assert small.execute(depth, small, 8).result(SECONDS) == 8


def test_a_coroutine_may_wait_as_well(small: Pool):
    assert small.execute(async_depth, small, 2).result(SECONDS) == 2


@pytest.mark.parametrize("count", [1, 600])
def test_a_task_may_wait_for_any_number_one_after_another(small: Pool, count: int):
    assert small.execute(many, small, count).result(SECONDS) == count
    assert small.execute(abs, -1).result(SECONDS) == 1


def test_a_task_may_map(small: Pool):
    assert small.execute(mapped, small, 500).result(SECONDS) == list(range(500, 0, -1))


def test_what_an_inner_task_raises_is_raised_by_the_outer_one(small: Pool):
    with pytest.raises(LookupError, match="inner"):
        small.execute(rely_on, small, fail).result(SECONDS)


def test_many_may_wait_for_many(make_pool: Callable[..., Pool]):
    with make_pool(min_size=3) as pool:
        futures = [pool.execute(many, pool, 20) for _ in range(50)]

        assert [future.result(SECONDS) for future in futures] == [20] * 50


def test_a_task_bound_to_another_slot_is_left_to_its_worker(make_pool: Callable[..., Pool]):
    with make_pool(min_size=2) as pool:
        inner = TaskFunction(abs, "inner", workers=[1])
        outer = TaskFunction(lambda: pool.execute(inner, -1).result(SECONDS), "outer", workers=[0])

        assert pool.execute(outer).result(SECONDS) == 1


def test_a_paused_pool_begins_nothing_here_either(small: Pool, kind: str):
    begun = threading.Event()

    def outer() -> bool:
        small.pause()
        future = small.execute(begun.set)
        with pytest.raises(TimeoutError):
            future.result(0.1)
        return begun.is_set()

    assert small.execute(outer).result(SECONDS) is False
    small.resume()
    assert begun.wait(SECONDS)


def test_a_task_of_another_pool_is_left_to_that_pool(small: Pool, make_pool: Callable[..., Pool]):
    with make_pool(min_size=1) as other:
        name = other.execute(lambda: threading.current_thread().name).result(SECONDS)
        outer = small.execute(rely_on, other, lambda: threading.current_thread().name)

        assert outer.result(SECONDS) == name
