"""Whoever awaits a task on a loop is woken when it is over, with others if many are over at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from poolapp.arrivals import Arrivals, arrival, completion, execute_patiently
from poolapp.engine import Pool, PoolOptions
from poolapp.engine.errors import QueueFull
from poolapp.engine.futures import TaskFuture
from poolapp.engine.light_future import LightFuture


async def let_all_wait(futures: list[LightFuture]) -> None:
    """Let every task on the loop take its first step, which is to wait."""
    await asyncio.sleep(0)
    assert all(future._calls for future in futures)


async def test_a_task_that_is_over_is_not_waited_for():
    future = LightFuture()
    future.set_result(3)

    await asyncio.wait_for(arrival(future), 5)


async def test_many_are_woken_with_one_call_of_the_loop(monkeypatch: pytest.MonkeyPatch):
    loop, futures, calls = asyncio.get_running_loop(), [LightFuture() for _ in range(50)], []
    waiting = asyncio.gather(*(arrival(future) for future in futures))
    await let_all_wait(futures)
    call_soon = loop.call_soon_threadsafe

    def count(call: Callable[..., Any], *args: Any) -> asyncio.Handle:
        calls.append(call)
        return call_soon(call, *args)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "call_soon_threadsafe", count)
        for number, future in enumerate(futures):
            future.set_result(number)

    await asyncio.wait_for(waiting, 5)
    assert len(calls) == 1


async def test_who_is_cancelled_does_not_hold_up_the_others():
    futures = [LightFuture() for _ in range(3)]
    waiting = [asyncio.ensure_future(arrival(future)) for future in futures]
    await let_all_wait(futures)

    waiting[1].cancel()
    thread = threading.Thread(target=lambda: [future.set_result(1) for future in futures])
    thread.start()

    assert [type(outcome) for outcome in await asyncio.gather(*waiting, return_exceptions=True)] == [
        type(None),
        asyncio.CancelledError,
        type(None),
    ]
    thread.join()


def test_a_loop_that_has_ended_is_nobodys_trouble():
    loop = asyncio.new_event_loop()
    waiter = loop.create_future()
    loop.close()

    Arrivals().note(loop, waiter)

    assert not waiter.done()


# Waiting for room


class FullAtFirst:
    """A queue that has no room for the first callers."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.future = TaskFuture.__new__(TaskFuture)

    def execute(self) -> TaskFuture:
        self.refusals -= 1
        if self.refusals >= 0:
            raise QueueFull("no room")
        return self.future


async def test_room_is_waited_for():
    queue = FullAtFirst(3)

    assert await execute_patiently(queue.execute, 20.0) is queue.future


@pytest.mark.parametrize("seconds", [0.0, 0.01])
async def test_room_is_waited_for_only_so_long(seconds: float):
    with pytest.raises(QueueFull, match="no room"):
        await asyncio.wait_for(execute_patiently(FullAtFirst(1_000_000).execute, seconds), 20)


async def test_the_loop_goes_on_while_somebody_waits_for_room():
    queue = FullAtFirst(3)
    waiting = asyncio.ensure_future(execute_patiently(queue.execute, 20.0))
    steps = 0
    while not waiting.done():
        steps += 1
        await asyncio.sleep(0)

    assert steps > 3


# Tasks of the same pool


@pytest.mark.parametrize("inner", ["plain", "async"])
@pytest.mark.parametrize("kind", ["thread", "inline"])
def test_a_coroutine_may_await_a_task_of_its_own_pool(kind: str, inner: str):
    """Though there is no other worker; the loop goes on in the meantime."""
    steps: list[int] = []

    def plain() -> int:
        return 1

    async def coroutine() -> int:
        await asyncio.sleep(0.01)
        return 1

    async def count() -> None:
        while True:
            steps.append(1)
            await asyncio.sleep(0)

    async def outer() -> int:
        counting = asyncio.ensure_future(count())
        future = pool.execute(plain if inner == "plain" else coroutine)
        await completion(future)
        counting.cancel()
        return int(future.result())

    with Pool(PoolOptions(worker=kind, min_size=1)) as pool:
        assert pool.execute(outer).result(30) == 1
    assert steps
