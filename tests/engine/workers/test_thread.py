"""What is special about workers that are threads."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from poolapp.engine import Pool, PoolDestroyed, PoolOptions, WorkerLost
from poolapp.engine.workers.thread import ThreadWorker
from tests.engine import functions
from tests.engine.polling import eventually

MakePool = Callable[..., Pool]


def test_everything_is_taken_as_it_is(make_pool: MakePool):
    pool = make_pool(worker="thread")
    lock = threading.Lock()

    assert pool.execute(functions.identity, lock).result(10) is lock
    assert pool.execute(lambda: lock).result(10) is lock


def test_the_initializer_runs_when_the_pool_starts_and_its_error_is_raised_there():
    pool = Pool(
        PoolOptions(
            worker="thread", min_size=1, initializer="tests.engine.functions:fail", initializer_args=("no database",)
        )
    )

    with pytest.raises(ValueError, match="no database"):
        pool.start()

    assert not pool.snapshot()["started"]


def test_a_machine_that_has_no_more_threads_is_tried_again(make_pool: MakePool, monkeypatch: pytest.MonkeyPatch):
    refusals = [RuntimeError("can't start new thread")] * 2
    start = ThreadWorker.start

    def refuse_at_first(worker: ThreadWorker) -> None:
        if refusals:
            raise refusals.pop()
        start(worker)

    monkeypatch.setattr(ThreadWorker, "start", refuse_at_first)

    pool = make_pool(worker="thread")

    assert pool.execute(functions.add, 1, 1).result(10) == 2
    assert refusals == []


def test_a_running_function_that_was_aborted_and_ends_well_has_its_result(make_pool: MakePool):
    pool = make_pool(worker="thread", abort_timeout=60.0)
    started, go_on = threading.Event(), threading.Event()
    future = pool.execute(lambda: (started.set(), go_on.wait(10)))
    assert started.wait(10)

    assert future.abort("too slow")

    go_on.set()
    assert future.result(10) == (None, True)


def test_a_thread_that_does_not_end_is_given_up_and_what_it_says_later_is_not_heard(make_pool: MakePool):
    pool = make_pool(worker="thread")
    started, go_on = threading.Event(), threading.Event()
    future = pool.execute(lambda: (started.set(), go_on.wait(10)))
    assert started.wait(10)

    pool.destroy(timeout=0)

    assert isinstance(future.exception(0), PoolDestroyed)
    go_on.set()
    eventually(lambda: not any(thread.name == "poolapp-pool-1" for thread in threading.enumerate()))
    assert pool.snapshot()["failed_tasks"] == 1


def test_a_hard_restart_gives_up_threads_and_their_tasks(make_pool: MakePool):
    pool = make_pool(worker="thread")
    started, go_on = threading.Event(), threading.Event()
    future = pool.execute(lambda: (started.set(), go_on.wait(10)))
    assert started.wait(10)

    restart = pool.restart_workers(mode="hard")

    assert list(restart.result(10)) == [1]
    assert isinstance(future.exception(10), WorkerLost)
    assert pool.execute(functions.add, 1, 1).result(10) == 2
    go_on.set()


def test_every_worker_has_an_event_loop_of_its_own(make_pool: MakePool):
    pool = make_pool(worker="thread", min_size=2)
    barrier = threading.Barrier(2)

    async def meet() -> int:
        barrier.wait(10)
        return await functions.running_loop()

    loops = {future.result(10) for future in [pool.execute(meet) for _ in range(2)]}

    assert len(loops) == 2


def test_threads_are_daemons_and_named_after_their_pool(make_pool: MakePool):
    pool = make_pool(worker="thread", name="photos")

    thread = pool.execute(threading.current_thread).result(10)

    assert thread.daemon
    assert thread.name == "poolapp-photos-1"
