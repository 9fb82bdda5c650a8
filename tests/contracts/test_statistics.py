"""What a pool counts and measures adds up."""

from __future__ import annotations

import json

import pytest

from poolapp.engine import Pool
from tests.contracts.conftest import books
from tests.engine import functions


def test_every_task_is_counted_once(pool: Pool, occupied):
    for number in range(5):
        pool.execute(functions.add, number, 1).result(10)
    for _ in range(3):
        pool.execute(functions.fail, "no").exception(10)
    with occupied(pool):
        pool.execute(functions.add, 1, 1).cancel()
        during = books(pool)

    assert during == {"submitted": 11, "executed": 5, "failed": 3, "cancelled": 1, "executing": 2, "queued": 0}


def test_what_waits_is_counted(pool: Pool, occupied):
    with occupied(pool):
        futures = [pool.execute(functions.add, number, 1) for number in range(7)]
        assert books(pool)["queued"] == 7

    for future in futures:
        future.result(10)
    assert books(pool)["queued"] == 0


def test_a_refused_task_is_not_counted(pool: Pool):
    with pytest.raises(LookupError):
        pool.execute("triple", 1)

    assert books(pool)["submitted"] == 0


def test_the_rows_of_the_workers_add_up(pool: Pool):
    for number in range(40):
        pool.execute(functions.add, number, 1).result(10)
    for _ in range(4):
        pool.execute(functions.fail, "no").exception(10)

    snapshot = pool.snapshot()

    assert sum(worker["executed"] for worker in snapshot["workers"]) == snapshot["executed_tasks"] == 40
    assert sum(worker["failed"] for worker in snapshot["workers"]) == snapshot["failed_tasks"] == 4


def test_run_times_and_wait_times_are_measured(pool: Pool):
    for future in [pool.execute(functions.nap, 0.01) for _ in range(4)]:
        future.result(10)

    snapshot = pool.snapshot()

    assert snapshot["run_time"]["minimum"] >= 0.01
    assert 0.04 <= snapshot["run_time"]["aggregate"] <= snapshot["busy_time"] + 0.001
    assert snapshot["run_time"]["minimum"] <= snapshot["run_time"]["median"] <= snapshot["run_time"]["maximum"]
    assert snapshot["wait_time"]["minimum"] >= 0
    assert 0 < snapshot["utilization"] <= 1


def test_a_running_task_is_shown_with_its_worker(pool: Pool, occupied):
    with occupied(pool):
        snapshot = pool.snapshot()

    assert snapshot["state"] == "busy"
    assert [worker["state"] for worker in snapshot["workers"]] == ["busy", "busy"]
    assert {worker["task"] for worker in snapshot["workers"]} == {"tests.engine.functions.pass_gate"}


def test_the_snapshot_is_plain_json(pool: Pool, kind: str):
    pool.execute(functions.add, 1, 1).result(10)

    snapshot = pool.snapshot()

    assert json.loads(json.dumps(snapshot)) == snapshot
    assert snapshot["worker"] == kind
    assert snapshot["type"] == "fixed"


def test_times_survive_the_workers(pool: Pool):
    pool.execute(functions.nap, 0.01).result(10)
    pool.restart_workers().result(10)

    snapshot = pool.snapshot()

    assert snapshot["executed_tasks"] == 1
    assert snapshot["busy_time"] >= 0.01
