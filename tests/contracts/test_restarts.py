"""Workers are replaced while the pool serves."""

from __future__ import annotations

import threading

import pytest

from poolapp.engine import Pool, PoolError
from tests.engine import functions


def workers(pool: Pool) -> dict[int, int]:
    """The ids of the workers by slot."""
    return {worker["slot"]: worker["id"] for worker in pool.snapshot()["workers"]}


def test_a_rolling_restart_replaces_every_worker_in_its_slot(pool: Pool):
    before = workers(pool)

    replaced = pool.restart_workers().result(10)

    after = workers(pool)
    assert replaced == {before[slot]: after[slot] for slot in (0, 1)}
    assert not set(before.values()) & set(after.values())


def test_a_rolling_restart_loses_nothing_while_tasks_flow(pool: Pool):
    results = []
    enough = threading.Event()

    def flow() -> None:
        number = 0
        while not enough.is_set():
            batch = [pool.execute(functions.add, number + extra, 1) for extra in range(20)]
            results.extend((number + extra + 1, future) for extra, future in enumerate(batch))
            number += 20
            batch[-1].result(10)

    flows = [threading.Thread(target=flow) for _ in range(2)]
    for thread in flows:
        thread.start()
    for _ in range(3):
        pool.restart_workers().result(20)
    enough.set()
    for thread in flows:
        thread.join(10)

    assert len(results) >= 40
    assert all(future.result(10) == expected for expected, future in results)
    assert pool.snapshot()["failed_tasks"] == 0
    assert pool.snapshot()["restarts"] == 0


def test_a_rolling_restart_lets_running_tasks_finish(pool: Pool, occupied):
    with occupied(pool) as occupation:
        restart = pool.restart_workers()
        assert not restart.done()

    assert len(restart.result(10)) == 2
    assert [future.result(10) for future in occupation.futures] == ["passed", "passed"]


def test_the_pool_serves_while_an_old_worker_finishes(pool: Pool, occupied):
    with occupied(pool, workers=1):
        restart = pool.restart_workers()

        assert [pool.execute(functions.add, number, 1).result(10) for number in range(10)] == list(range(1, 11))

    assert len(restart.result(10)) == 2


def test_a_restart_shows_its_progress(pool: Pool):
    restart = pool.restart_workers()
    restart.result(10)

    assert restart.progress == {"total": 2, "replaced": 2}


def test_some_workers_can_be_restarted(pool: Pool):
    before = workers(pool)

    replaced = pool.restart_workers([before[1]]).result(10)

    assert list(replaced) == [before[1]]
    assert workers(pool)[0] == before[0]


def test_a_worker_that_is_not_there_cannot_be_restarted(pool: Pool):
    with pytest.raises(PoolError, match="no worker 99 in the pool"):
        pool.restart_workers([99])


def test_a_hard_restart_replaces_every_worker_at_once(pool: Pool):
    before = workers(pool)

    replaced = pool.restart_workers(mode="hard").result(10)

    assert sorted(replaced) == sorted(before.values())
    assert pool.execute(functions.add, 1, 1).result(10) == 2


def test_restarts_in_a_row_leave_as_many_workers_as_before(pool: Pool):
    restarts = [pool.restart_workers() for _ in range(3)] + [pool.restart_workers(mode="hard")]
    for restart in restarts:
        restart.result(20)

    assert pool.execute(functions.add, 1, 1).result(10) == 2
    assert sorted(worker["slot"] for worker in pool.snapshot()["workers"]) == [0, 1]


def test_a_restart_during_which_the_pool_is_destroyed_ends(pool: Pool):
    restart = pool.restart_workers()

    pool.destroy(timeout=0)

    assert restart.done()
