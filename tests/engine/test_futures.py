"""What a TaskFuture knows beside what every Future does."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator

import pytest

from poolapp.engine import Pool, PoolOptions
from tests.engine import functions
from tests.engine.doubles import ManualCrew, ManualWorker


@pytest.fixture
def pool() -> Iterator[Pool]:
    with Pool(PoolOptions(worker=ManualCrew, min_size=1)) as pool:
        yield pool
        pool.destroy(timeout=0)


@pytest.fixture
def worker(pool: Pool) -> ManualWorker:
    worker = ManualCrew.latest.workers[0]
    worker.become_ready()
    return worker


def test_it_tells_how_the_task_fares(pool: Pool, worker: ManualWorker):
    first, second = (pool.execute(functions.add, 1) for _ in range(2))

    assert first.info["status"] == "running"
    assert (first.info["worker"], first.info["worker_pid"]) == (1, 4711)
    assert second.info["status"] == "queued"
    worker.answer(1)
    assert (first.info["status"], first.info["run_time"]) == ("executed", 0.5)
    worker.answer(error=ValueError())
    assert second.info["status"] == "failed"


def test_it_has_the_id_of_its_task(pool: Pool, worker: ManualWorker):
    seen: list[str] = []
    pool.on("task_queued", lambda event: seen.append(event.details["task_id"]))

    future = pool.execute(functions.add, 1)

    assert seen == [future.task_id] == [future.info["task_id"]]
    assert uuid.UUID(future.task_id).version == 8


def test_a_queued_task_is_not_running_and_a_given_one_is(pool: Pool, worker: ManualWorker):
    first, second = (pool.execute(functions.add, 1) for _ in range(2))

    assert (first.running(), second.running()) == (True, False)


def test_a_queued_task_can_be_cancelled_once(pool: Pool, worker: ManualWorker):
    pool.execute(functions.add, 1)
    future = pool.execute(functions.add, 1)

    assert future.cancel()
    assert future.cancelled()
    assert future.done()
    assert future.cancel()
    assert future.info["status"] == "cancelled"
    assert pool.snapshot()["cancelled_tasks"] == 1


def test_a_task_that_was_given_but_not_begun_can_be_cancelled(pool: Pool, worker: ManualWorker):
    future = pool.execute(functions.add, 1)
    worker.unbegun = [worker.sent[0].number]

    assert future.cancel()


def test_a_begun_task_cannot_be_cancelled(pool: Pool, worker: ManualWorker):
    future = pool.execute(functions.add, 1)

    assert not future.cancel()
    worker.answer(1)
    assert not future.cancel()
    assert future.result(0) == 1


def test_waiting_takes_no_longer_than_its_time_out(pool: Pool, worker: ManualWorker):
    future = pool.execute(functions.add, 1)

    with pytest.raises(TimeoutError):
        future.result(timeout=0)
    with pytest.raises(TimeoutError):
        future.exception(timeout=0.001)


def test_callbacks_are_called_in_order_and_not_in_the_thread_that_hears_the_worker(pool: Pool, worker: ManualWorker):
    calls: list[tuple[str, str]] = []
    done = threading.Event()
    future = pool.execute(functions.add, 1)
    for name in ("first", "second"):
        future.add_done_callback(lambda _, name=name: calls.append((name, threading.current_thread().name)))
    future.add_done_callback(lambda _: done.set())

    worker.answer(1)

    assert done.wait(10)
    assert calls == [("first", "poolapp-pool-callbacks"), ("second", "poolapp-pool-callbacks")]


def test_a_callback_that_comes_late_is_called_at_once(pool: Pool, worker: ManualWorker):
    future = pool.execute(functions.add, 1)
    worker.answer(1)
    results: list[int] = []

    future.add_done_callback(lambda future: results.append(future.result()))

    assert results == [1]


def test_a_callback_that_exits_does_not_hinder_the_next(pool: Pool, worker: ManualWorker):
    def leave(_: object) -> None:
        raise SystemExit

    done = threading.Event()
    future = pool.execute(functions.add, 1)
    future.add_done_callback(leave)
    future.add_done_callback(lambda _: done.set())

    worker.answer(1)

    assert done.wait(10)
