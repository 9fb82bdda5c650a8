"""How a pool's run ends, also when it is asked to more than once, or is interrupted."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from poolapp.engine import InvalidOption, InvalidOptionType, Pool, PoolDestroyed, PoolOptions
from tests.engine import functions
from tests.engine.doubles import ManualCrew, ManualWorker
from tests.engine.polling import eventually


@pytest.fixture
def pool() -> Iterator[Pool]:
    """A pool of one worker, which is ready and ends when it is told to."""
    with Pool(PoolOptions(worker=ManualCrew, min_size=1, stop_timeout=0.05)) as pool:
        ManualCrew.latest.workers[0].become_ready()
        yield pool
        pool.destroy(timeout=0)


@pytest.fixture
def worker(pool: Pool) -> ManualWorker:
    return ManualCrew.latest.workers[0]


@contextmanager
def destroying(pool: Pool, timeout: float | None = None) -> Iterator[threading.Thread]:
    """Meanwhile another thread destroys the pool, and waits for its tasks."""
    thread = threading.Thread(target=pool.destroy, args=(timeout,))
    thread.start()
    eventually(lambda: pool.snapshot()["state"] == "stopping")
    yield thread
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch, pool: Pool) -> Callable[[int], None]:
    """From now on, so many waits of the pool are interrupted as Ctrl-C would."""

    def interrupt(times: int) -> None:
        wait = pool._core.changed.wait
        left = [KeyboardInterrupt()] * times

        def be_interrupted(timeout: float | None = None) -> bool:
            if left:
                raise left.pop()
            return wait(timeout)

        monkeypatch.setattr(pool._core.changed, "wait", be_interrupted)

    return interrupt


def test_who_comes_second_waits_for_the_end_too(pool: Pool, worker: ManualWorker):
    future = pool.execute(functions.add, 1, 1)
    with destroying(pool), destroying(pool) as second:
        assert second.is_alive()
        worker.answer(2)

    assert future.result(0) == 2
    assert pool.snapshot()["state"] == "stopped"


def test_what_is_abandoned_is_told(pool: Pool, caplog: pytest.LogCaptureFixture):
    for _ in range(3):
        pool.execute(functions.add, 1, 1)

    pool.destroy(timeout=0)

    assert "with 1 running tasks (tests.engine.functions.add (1)) and 2 that wait" in caplog.text


def test_a_pool_with_nothing_to_do_ends_without_a_word(
    pool: Pool, worker: ManualWorker, caplog: pytest.LogCaptureFixture
):
    future = pool.execute(functions.add, 1, 1)
    worker.answer(2)
    future.result(10)

    pool.destroy(timeout=0)

    assert not caplog.records


def test_who_has_less_patience_decides_for_all(pool: Pool):
    future = pool.execute(functions.add, 1, 1)
    with destroying(pool):
        pool.destroy(timeout=0)

        assert isinstance(future.exception(0), PoolDestroyed)


def test_who_leaves_the_context_waits_for_a_shutdown_that_has_begun(worker: ManualWorker, pool: Pool):
    future = pool.execute(functions.add, 1, 1)
    pool.shutdown(wait=False)
    eventually(lambda: pool.snapshot()["state"] == "stopping")
    answer = threading.Timer(0.05, worker.answer, [2])
    answer.start()

    pool.shutdown(wait=True)

    assert future.result(0) == 2


def test_an_interrupted_end_waits_for_no_more_tasks(pool: Pool, interrupt: Callable[[int], None]):
    future = pool.execute(functions.add, 1, 1)
    interrupt(1)

    with pytest.raises(KeyboardInterrupt):
        pool.destroy(timeout=None)

    assert isinstance(future.exception(0), PoolDestroyed)
    assert pool.snapshot()["state"] == "stopped"
    pool.start()


def test_an_end_that_is_interrupted_again_comes_to_its_end_all_the_same(
    pool: Pool, interrupt: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
):
    future = pool.execute(functions.add, 1, 1)
    interrupt(2)
    with monkeypatch.context() as patch:
        patch.setattr(ManualWorker, "kill", lambda worker: None)

        with pytest.raises(KeyboardInterrupt):
            pool.destroy(timeout=None)

    assert isinstance(future.exception(0), PoolDestroyed)
    assert pool.snapshot()["state"] == "stopped"
    pool.start()


@pytest.mark.parametrize(
    "timeout, error",
    [("x", InvalidOptionType), (True, InvalidOptionType), (-1, InvalidOption), (math.nan, InvalidOption)],
)
def test_a_wrong_patience_ends_nothing(pool: Pool, timeout: float, error: type[Exception]):
    with pytest.raises(error, match="timeout must be"):
        pool.destroy(timeout=timeout)

    assert pool.snapshot()["state"] == "ready"


def test_there_may_be_no_end_to_patience(pool: Pool, worker: ManualWorker):
    future = pool.execute(functions.add, 1, 1)
    with destroying(pool, timeout=math.inf):
        worker.answer(2)

    assert future.result(0) == 2


def test_the_end_waits_for_what_another_thread_is_still_telling(pool: Pool, worker: ManualWorker):
    telling, go_on = threading.Event(), threading.Event()
    pool.on("task_finished", lambda _: (telling.set(), go_on.wait(10)), at_once=True)
    future = pool.execute(functions.add, 1, 1)
    answering = threading.Thread(target=worker.answer, args=(2,))
    answering.start()
    assert telling.wait(10)

    with destroying(pool):
        assert not future.done()
        go_on.set()

    answering.join(10)
    assert future.result(0) == 2


@pytest.mark.parametrize("event", ["task_finished", "worker_exit", "destroy"])
def test_a_listener_may_end_the_pool_and_does_not_wait_for_itself(pool: Pool, worker: ManualWorker, event: str):
    pool.on(event, lambda _: pool.destroy(timeout=0))
    future = pool.execute(functions.add, 1, 1)
    worker.answer(2)

    pool.destroy(timeout=0)

    assert future.result(1) == 2
    assert pool.snapshot()["state"] == "stopped"


def test_an_end_that_a_listener_has_begun_is_waited_for_by_others(pool: Pool, worker: ManualWorker):
    pool.on("task_queued", lambda _: pool.destroy(timeout=None))
    future = pool.execute(functions.add, 1, 1)
    threading.Timer(0.05, worker.answer, [2]).start()

    pool.destroy()

    assert future.result(0) == 2


def test_who_waits_for_one_run_has_nothing_to_do_with_the_next(pool: Pool, worker: ManualWorker):
    """However late it wakes."""
    first = pool._core.ending
    pool.destroy(timeout=0)
    pool.start()
    ManualCrew.latest.workers[0].become_ready()

    first.ask(0)

    assert pool.snapshot()["state"] == "ready"
