"""A light future does everything that a standard one does, also when it is settled at the very moment."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError

import pytest

from poolapp.engine.light_future import LightFuture

ROUNDS = 3000


@pytest.fixture(params=[True, False], ids=["seen", "unseen"])
def future(request: pytest.FixtureRequest) -> LightFuture:
    """A future that somebody has looked at before it is settled, or not."""
    future = LightFuture()
    if request.param:
        assert not future.done()
    return future


def test_it_has_a_result(future: LightFuture):
    future.set_result(3)

    assert (future.result(), future.exception(), future.done(), future.cancelled(), future.running()) == (
        3,
        None,
        True,
        False,
        False,
    )
    assert "finished returned int" in repr(future)


def test_it_has_an_exception(future: LightFuture):
    error = ValueError("wrong")
    future.set_exception(error)

    assert future.exception() is error
    with pytest.raises(ValueError, match="wrong"):
        future.result()
    assert "finished raised ValueError" in repr(future)


def test_it_calls_back(future: LightFuture):
    called: list[Future[int]] = []
    future.set_result(3)

    future.add_done_callback(called.append)

    assert called == [future]


def test_it_is_settled_once(future: LightFuture):
    future.set_result(3)

    with pytest.raises(InvalidStateError):
        future.set_result(4)
    with pytest.raises(InvalidStateError):
        future.set_exception(ValueError())
    assert future.result() == 3
    assert not future.cancel()


def test_it_can_be_cancelled(future: LightFuture):
    assert future.cancel()

    assert future.cancelled()
    with pytest.raises(concurrent.futures.CancelledError):
        future.result()


def test_waiting_for_one_that_is_not_settled_takes_as_long_as_wanted(future: LightFuture):
    with pytest.raises(TimeoutError):
        future.result(0.001)


def test_who_asks_again_and_again_leaves_nothing_behind(future: LightFuture):
    for timeout in (0, -1, float("nan"), *[1e-6] * 100):
        with pytest.raises(TimeoutError):
            future.result(timeout)

    assert not future._calls


def test_it_has_nothing_else(future: LightFuture):
    with pytest.raises(AttributeError, match="'LightFuture' object has no attribute 'no_such'"):
        _ = future.no_such


def wait_with_result(future: LightFuture) -> object:
    return future.result(10)


def wait_with_callback(future: LightFuture) -> object:
    called = threading.Event()
    future.add_done_callback(lambda _: called.set())
    assert called.wait(10)
    return future.result(0)


def wait_with_wait(future: LightFuture) -> object:
    done, _ = concurrent.futures.wait([future], timeout=10)
    return done.pop().result(0)


def wait_with_as_completed(future: LightFuture) -> object:
    (done,) = concurrent.futures.as_completed([future, future], timeout=10)
    return done.result(0)


def wait_with_asyncio(future: LightFuture) -> object:
    async def wait() -> object:
        return await asyncio.wait_for(asyncio.wrap_future(future), 10)

    return asyncio.run(wait())


@pytest.mark.parametrize(
    "wait", [wait_with_result, wait_with_callback, wait_with_wait, wait_with_as_completed, wait_with_asyncio]
)
def test_who_waits_as_it_is_settled_hears_of_it(wait: Callable[[LightFuture], object]):
    """Both sides start together; which comes first is different from round to round."""
    futures = [LightFuture() for _ in range(ROUNDS if wait is not wait_with_asyncio else ROUNDS // 10)]
    turn = threading.Barrier(2)

    def settle() -> None:
        for number, future in enumerate(futures):
            turn.wait(10)
            for _ in range(number % 50):
                pass
            future.set_result(number)

    settling = threading.Thread(target=settle)
    settling.start()
    for number, future in enumerate(futures):
        turn.wait(10)
        assert wait(future) == number
    settling.join(10)
