"""A pool begins, and ends, and nobody waits for ever."""

from __future__ import annotations

import threading
import time

import pytest

from poolapp.engine import Pool, PoolDestroyed, PoolError, PoolNotStarted
from tests.contracts.conftest import books
from tests.engine import functions
from tests.engine.polling import eventually


def test_a_pool_that_was_not_started_takes_no_tasks(make_pool):
    with pytest.raises(PoolNotStarted):
        make_pool().execute(functions.add, 1)


def test_a_destroyed_pool_takes_no_tasks(pool: Pool):
    pool.destroy()

    with pytest.raises(PoolDestroyed):
        pool.execute(functions.add, 1)


def test_a_started_pool_is_not_started_again(pool: Pool):
    with pytest.raises(PoolError, match="running already"):
        pool.start()


def test_a_pool_is_a_context_manager_that_waits_for_its_tasks(make_pool):
    with make_pool() as pool:
        futures = [pool.execute(functions.nap, 0.01) for _ in range(10)]

    assert all(future.result(0) == 0.01 for future in futures)
    assert pool.snapshot()["state"] == "stopped"
    assert pool.snapshot()["worker_nodes"] == 0


def test_a_pool_takes_tasks_before_its_workers_are_ready(make_pool):
    pool = make_pool()
    pool.start()

    futures = [pool.execute(functions.add, number, 1) for number in range(20)]

    assert [future.result(10) for future in futures] == list(range(1, 21))


def test_destroying_waits_for_what_was_given(pool: Pool):
    futures = [pool.execute(functions.nap, 0.02) for _ in range(6)]

    pool.destroy(timeout=10)

    assert [future.result(0) for future in futures] == [0.02] * 6


def test_destroying_settles_everything_that_does_not_end_in_time(pool: Pool, occupied):
    with occupied(pool) as occupation:
        waiting = [pool.execute(functions.add, number, 1) for number in range(20)]

        pool.destroy(timeout=0)

        # An inline worker's caller only gets its future after the task.
        assert all(isinstance(future.exception(0), PoolDestroyed) for future in [*waiting, *occupation.futures])
    assert books(pool)["failed"] == 22


def test_who_waits_for_a_task_is_told_when_the_pool_is_destroyed(pool: Pool, occupied):
    errors = []
    with occupied(pool):
        future = pool.execute(functions.add, 1, 1)
        waiter = threading.Thread(target=lambda: errors.append(future.exception()))
        waiter.start()

        pool.destroy(timeout=0)

        waiter.join(10)
    assert [type(error) for error in errors] == [PoolDestroyed]


def test_destroying_from_a_callback_settles_everything(pool: Pool, occupied):
    """Also the task that runs then: whichever thread calls back, it must not wait for itself."""
    with occupied(pool, workers=1) as occupation:
        destroyed = threading.Event()
        future = pool.execute(functions.add, 1, 1)
        waiting = [pool.execute(functions.nap, 0.001) for _ in range(5)]

        future.add_done_callback(lambda _: (pool.destroy(timeout=0), destroyed.set()))

        assert destroyed.wait(10)
        assert all(future.done() for future in waiting)
    assert all(isinstance(future.exception(10), PoolDestroyed) for future in occupation.futures)


def test_destroying_in_several_threads_at_once_is_destroying_once(pool: Pool):
    ends: list[str] = []
    pool.on("destroy", lambda event: ends.append(event.name))
    threads = [threading.Thread(target=pool.destroy) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    eventually(lambda: ends)
    assert ends == ["destroy"]


def test_a_pool_can_be_started_again_after_it_was_destroyed(pool: Pool):
    pool.execute(functions.add, 1, 1).result(10)
    pool.destroy()

    pool.start()

    assert pool.execute(functions.add, 1, 2).result(10) == 3
    assert books(pool)["submitted"] == 1


def test_the_ids_of_workers_are_never_used_again_also_when_the_pool_is_started_again(pool: Pool):
    before = {worker["id"] for worker in pool.snapshot()["workers"]}
    pool.destroy()

    pool.start()

    assert before == {1, 2}
    assert {worker["id"] for worker in pool.snapshot()["workers"]} == {3, 4}


def test_a_pool_that_is_destroyed_as_soon_as_it_is_started_ends(make_pool):
    pool = make_pool()
    pool.start()

    pool.destroy(timeout=0)

    assert pool.snapshot()["worker_nodes"] == 0


def test_tasks_that_come_while_the_pool_ends_are_refused_or_settled(pool: Pool):
    futures = []
    refused = threading.Event()

    def submit() -> None:
        try:
            while True:
                futures.append(pool.execute(functions.add, 1, 1))
        except PoolDestroyed:
            refused.set()

    callers = [threading.Thread(target=submit) for _ in range(3)]
    for caller in callers:
        caller.start()
    eventually(lambda: len(futures) > 50)
    pool.destroy(timeout=5)
    for caller in callers:
        caller.join(10)

    assert refused.is_set()
    assert all(future.done() for future in futures)


def test_shutdown_runs_everything_that_was_given(pool: Pool):
    futures = [pool.submit(functions.nap, 0.01) for _ in range(10)]

    pool.shutdown()

    assert all(future.result(0) == 0.01 for future in futures)


def test_shutdown_may_cancel_what_waits(pool: Pool, occupied):
    with occupied(pool) as occupation:
        waiting = [pool.submit(functions.add, number, 1) for number in range(10)]
        ender = threading.Thread(target=pool.shutdown, kwargs={"cancel_futures": True})
        ender.start()
        eventually(lambda: all(future.cancelled() for future in waiting))
        occupation.end()
        ender.join(10)

    assert [future.result(10) for future in occupation.futures] == ["passed", "passed"]


def test_shutdown_need_not_be_waited_for(pool: Pool, occupied):
    with occupied(pool) as occupation:
        began_at = time.monotonic()
        pool.shutdown(wait=False)

        assert time.monotonic() - began_at < 1
        occupation.end()

    assert [future.result(10) for future in occupation.futures] == ["passed", "passed"]
    eventually(lambda: pool.snapshot()["state"] == "stopped")


def test_a_destroyed_pool_leaves_no_descriptor_behind(make_pool):
    make_pool()  # what is imported and opened once
    before = functions.descriptors()
    for _ in range(3):
        pool = make_pool()
        with pool:
            pool.execute(functions.add, 1, 1).result(10)
            pool.restart_workers().result(10)

    assert set(functions.descriptors()) <= set(before)


def test_a_dynamic_pool_grows_under_load_and_runs_everything(make_pool, occupied):
    pool = make_pool(min_size=0, max_size=3, max_inactive_time=0.05)
    with pool:
        futures = [pool.execute(functions.nap, 0.01) for _ in range(12)]

        assert [future.result(10) for future in futures] == [0.01] * 12
        eventually(lambda: pool.snapshot()["worker_nodes"] == 0)
        assert pool.execute(functions.add, 1, 1).result(10) == 2
