"""A queue that is full: callers are refused, or wait for room."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from poolapp.engine import Pool, PoolDestroyed, QueueFull, TaskFunction
from tests.engine import functions
from tests.engine.polling import eventually

NO_TIME = 0.05
MUCH_TIME = 20.0


@pytest.fixture(params=["thread", "process"])
def kind(request: pytest.FixtureRequest) -> str:
    """Inline workers have no queue."""
    return str(request.param)


@pytest.fixture
def make_full(make_pool: Callable[..., Pool]) -> Callable[..., Pool]:
    """Makes pools in which two tasks may wait, and do."""

    def make(**queue: object) -> Pool:
        pool = make_pool(queue={"limit": 2, **queue})
        pool.start()
        eventually(lambda: pool.snapshot()["ready"])
        return pool

    return make


def fill(pool: Pool) -> None:
    for _ in range(2):
        pool.execute(functions.nothing)


def waiters(pool: Pool) -> int:
    return pool._core.watchers


def test_callers_are_refused_at_once(make_full, occupied):
    pool = make_full()
    with occupied(pool):
        fill(pool)
        with pytest.raises(QueueFull):
            pool.execute(functions.nothing)


def test_a_caller_may_wait_for_room(make_full, occupied):
    pool = make_full(full_timeout=MUCH_TIME)
    with ThreadPoolExecutor(1) as callers, occupied(pool) as occupation:
        fill(pool)
        caller = callers.submit(pool.execute, functions.add, 1, 1)
        eventually(lambda: waiters(pool) == 1)
        assert not caller.done()

        occupation.end()

        assert caller.result(MUCH_TIME).result(MUCH_TIME) == 2


def test_a_call_can_have_a_patience_of_its_own(make_full, occupied):
    pool = make_full()
    patient = TaskFunction(functions.add, "add", full_timeout=MUCH_TIME)
    with ThreadPoolExecutor(1) as callers, occupied(pool) as occupation:
        fill(pool)
        caller = callers.submit(pool.execute, patient, 1, 1)
        eventually(lambda: waiters(pool) == 1)
        occupation.end()
        assert caller.result(MUCH_TIME).result(MUCH_TIME) == 2


def test_patience_comes_to_an_end(make_full, occupied):
    pool = make_full(full_timeout=NO_TIME)
    with occupied(pool):
        fill(pool)
        with pytest.raises(QueueFull, match=r"2 tasks wait, as many as queue\.limit allows"):
            pool.execute(functions.nothing)


def test_a_call_may_have_less_patience_than_others(make_full, occupied):
    pool = make_full(full_timeout=MUCH_TIME)
    with occupied(pool):
        fill(pool)
        with pytest.raises(QueueFull):
            pool.execute(TaskFunction(functions.nothing, "hasty", full_timeout=0))


def test_an_event_loop_is_not_held_up(make_full, occupied):
    pool = make_full(full_timeout=MUCH_TIME)

    async def execute() -> None:
        pool.execute(functions.nothing)

    with occupied(pool):
        fill(pool)
        with pytest.raises(QueueFull):
            asyncio.run(execute())


def test_who_waits_for_room_is_told_that_the_pool_has_ended(make_full, occupied):
    pool = make_full(full_timeout=MUCH_TIME)
    with ThreadPoolExecutor(1) as callers, occupied(pool) as occupation:
        fill(pool)
        caller = callers.submit(pool.execute, functions.nothing)
        eventually(lambda: waiters(pool) == 1)
        ending = threading.Thread(target=pool.destroy)
        ending.start()

        with pytest.raises(PoolDestroyed):
            caller.result(MUCH_TIME)
        occupation.end()
        ending.join()


def test_many_who_wait_for_room_all_get_it(make_full, occupied):
    pool = make_full(full_timeout=MUCH_TIME)
    with ThreadPoolExecutor(20) as callers, occupied(pool) as occupation:
        fill(pool)
        calls = [callers.submit(pool.execute, functions.add, number) for number in range(200)]
        eventually(lambda: waiters(pool) == 20)
        occupation.end()

        assert [call.result(MUCH_TIME).result(MUCH_TIME) for call in calls] == list(range(200))
    assert waiters(pool) == 0
