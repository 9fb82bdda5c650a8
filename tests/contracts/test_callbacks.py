"""Futures of a pool are futures like any other."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
import threading
import weakref

import pytest

from poolapp.engine import Pool
from tests.contracts.conftest import books
from tests.engine import functions
from tests.engine.polling import eventually


def test_a_callback_gets_the_future(pool: Pool):
    results = []
    done = threading.Event()
    future = pool.execute(functions.add, 1, 1)

    future.add_done_callback(lambda future: (results.append(future.result()), done.set()))

    assert done.wait(10)
    assert results == [2]


def test_a_callback_may_give_another_task(pool: Pool):
    results = []
    done = threading.Event()

    def next_task(future) -> None:
        results.append(future.result())
        if len(results) == 20:
            done.set()
        else:
            pool.execute(functions.add, future.result(), 1).add_done_callback(next_task)

    pool.execute(functions.add, 0, 1).add_done_callback(next_task)

    assert done.wait(10)
    assert results == list(range(1, 21))


def test_a_callback_may_wait_for_another_task(pool: Pool):
    results = []
    done = threading.Event()

    def wait_for_another(_: object) -> None:
        results.append(pool.execute(functions.add, 1, 2).result(5))
        done.set()

    pool.execute(functions.add, 1, 1).add_done_callback(wait_for_another)

    assert done.wait(10)
    assert results == [3]


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt])
def test_a_callback_that_raises_harms_nobody(pool: Pool, occupied, error: type[BaseException]):
    def refuse(_: object) -> None:
        raise error("not now")

    with occupied(pool):
        future = pool.execute(functions.add, 1, 1)
        future.add_done_callback(refuse)
        others = [pool.execute(functions.add, number, 1) for number in range(10)]

    assert future.result(10) == 2
    assert [other.result(10) for other in others] == list(range(1, 11))


@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_a_callback_of_a_cancelled_task_that_raises_harms_nobody(pool: Pool, occupied, error: type[BaseException]):
    def refuse(_: object) -> None:
        raise error("not now")

    with occupied(pool):
        future = pool.execute(functions.add, 1, 1)
        future.add_done_callback(refuse)

        assert future.cancel()

        assert concurrent.futures.wait([future], timeout=10).done == {future}


def test_wait_and_as_completed_work(pool: Pool):
    futures = [pool.execute(functions.add, number, 1) for number in range(20)]

    assert {future.result() for future in concurrent.futures.as_completed(futures, timeout=10)} == set(range(1, 21))
    assert concurrent.futures.wait(futures, timeout=10).not_done == set()


def test_wait_returns_at_the_first_exception(pool: Pool, occupied):
    with occupied(pool, workers=1) as occupation:
        failing = pool.execute(functions.fail, "first")

        done, _ = concurrent.futures.wait(
            [*occupation.futures, failing], timeout=10, return_when=concurrent.futures.FIRST_EXCEPTION
        )

        assert failing in done


def test_many_threads_may_wait_for_one_task(pool: Pool, occupied):
    results = []
    with occupied(pool):
        future = pool.execute(functions.add, 1, 1)
        waiters = [threading.Thread(target=lambda: results.append(future.result(10))) for _ in range(5)]
        for waiter in waiters:
            waiter.start()
    for waiter in waiters:
        waiter.join(10)

    assert results == [2] * 5


def test_many_threads_may_give_tasks_and_wait(pool: Pool):
    """As the threads of a server do."""
    wrong = []

    def serve(name: int) -> None:
        sums = [pool.execute(functions.add, name, number).result(10) for number in range(100)]
        wrong.extend(total for number, total in enumerate(sums) if total != name + number)

    threads = [threading.Thread(target=serve, args=(1000 * name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []
    assert books(pool)["executed"] == 600


class Token:
    """Something that can be watched disappearing."""


def test_nothing_is_kept_of_a_settled_task(pool: Pool, kind: str):
    token = Token()
    future = pool.execute(functions.identity, token if kind != "process" else 1)
    future.result(10)
    watched = [weakref.ref(token), weakref.ref(future)]

    del token, future
    gc.collect()

    eventually(lambda: [ref() for ref in watched] == [None, None])


def test_nothing_is_kept_of_a_cancelled_task(pool: Pool, occupied, kind: str):
    token = Token()
    with occupied(pool):
        future = pool.execute(functions.identity, token if kind != "process" else 1)
        future.cancel()
        watched = [weakref.ref(token), weakref.ref(future)]

        del token, future
        gc.collect()

        eventually(lambda: [ref() for ref in watched] == [None, None])


# Awaiting; the pool is made outside the event loop, because an inline worker needs one for itself.


async def gather(pool: Pool) -> list[int]:
    futures = [asyncio.wrap_future(pool.execute(functions.add, number, 1)) for number in range(20)]
    return await asyncio.wait_for(asyncio.gather(*futures), 10)


def test_tasks_can_be_awaited(pool: Pool):
    assert asyncio.run(gather(pool)) == list(range(1, 21))


def test_an_exception_can_be_awaited(pool: Pool):
    async def fail() -> None:
        await asyncio.wait_for(asyncio.wrap_future(pool.execute(functions.fail, "awaited")), 10)

    with pytest.raises(ValueError, match="awaited"):
        asyncio.run(fail())


def test_who_gives_up_waiting_for_a_queued_task_cancels_it(pool: Pool, occupied):
    async def give_up() -> None:
        await asyncio.wait_for(asyncio.wrap_future(future), 0.01)

    with occupied(pool):
        future = pool.execute(functions.add, 1, 1)

        with pytest.raises(TimeoutError):
            asyncio.run(give_up())

        assert future.cancelled()


def test_a_loop_that_is_closed_before_the_task_ends_harms_nobody(pool: Pool, occupied):
    async def begin() -> None:
        asyncio.shield(asyncio.wrap_future(future))

    with occupied(pool):
        future = pool.execute(functions.add, 1, 1)
        asyncio.run(begin())

    assert future.cancelled() or future.result(10) == 2
    assert pool.execute(functions.add, 1, 1).result(10) == 2
