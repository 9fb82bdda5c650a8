"""A task that waits can be taken back; one that runs cannot."""

from __future__ import annotations

import concurrent.futures
from pathlib import Path

import pytest

from poolapp.engine import Pool
from tests.contracts.conftest import books
from tests.engine import functions


def test_a_cancelled_task_never_runs(pool: Pool, occupied, tmp_path: Path):
    log = tmp_path / "log"
    with occupied(pool):
        future = pool.execute(functions.write_line, str(log), "cancelled")

        assert future.cancel()
        assert future.cancelled()
    pool.execute(functions.write_line, str(log), "run").result(10)

    assert log.read_text() == "run\n"
    assert books(pool)["cancelled"] == 1


def test_who_waits_for_a_cancelled_task_is_told(pool: Pool, occupied):
    with occupied(pool):
        future = pool.execute(functions.add, 1, 1)
        future.cancel()

        done, _ = concurrent.futures.wait([future], timeout=10)

        assert done == {future}
        with pytest.raises(concurrent.futures.CancelledError):
            future.result(0)


def test_a_running_task_cannot_be_cancelled(pool: Pool, occupied):
    with occupied(pool) as occupation:
        for future in list(occupation.futures):
            assert not future.cancel()
        assert books(pool)["cancelled"] == 0

    assert [future.result(10) for future in occupation.futures] == ["passed", "passed"]


def test_a_finished_task_cannot_be_cancelled(pool: Pool):
    future = pool.execute(functions.add, 1, 1)
    future.result(10)

    assert not future.cancel()


def test_some_of_many_are_cancelled_and_the_others_run(pool: Pool, occupied):
    with occupied(pool):
        futures = [pool.execute(functions.add, number, 1) for number in range(100)]
        cancelled = [future.cancel() for future in futures[::3]]

    assert all(cancelled)
    assert [future.result(10) for number, future in enumerate(futures) if number % 3] == [
        number + 1 for number in range(100) if number % 3
    ]
    assert books(pool)["cancelled"] == 34


def test_a_task_that_waits_for_its_first_worker_can_be_cancelled(make_pool):
    pool = make_pool(min_size=0, max_size=1)
    pool.start()

    future = pool.execute(functions.nap, 0.01)
    future.cancel()

    pool.destroy(timeout=5)
    assert future.done()


def test_cancelling_everything_again_and_again_leaves_a_working_pool(pool: Pool):
    for _ in range(300):
        pool.execute(functions.add, 1, 1).cancel()

    assert pool.execute(functions.add, 1, 1).result(10) == 2
