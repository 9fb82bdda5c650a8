"""The snapshot: plain JSON whose books balance."""

from __future__ import annotations

import json

import pytest

from tests.engine.desk import Desk

TINY = 0.000_001


@pytest.fixture
def desk() -> Desk:
    """Two workers, in the middle of things."""
    desk = Desk.with_workers(2, ahead=True)
    desk.submit_all("a", "b", "c", "d", "e", "f", expected=TINY)
    desk.answer(1, run_time=2.0)
    desk.answer(2, run_time=4.0, error=ValueError())
    desk.tick(0.001)
    return desk


def test_it_is_plain_json(desk: Desk):
    snapshot = desk.snapshot()

    assert json.loads(json.dumps(snapshot)) == snapshot


def test_every_task_is_counted_once(desk: Desk):
    snapshot = desk.snapshot()

    assert snapshot["submitted_tasks"] == 6
    assert (snapshot["executed_tasks"], snapshot["failed_tasks"], snapshot["cancelled_tasks"]) == (1, 1, 0)
    assert (snapshot["executing_tasks"], snapshot["queued_tasks"]) == (2, 2)


def test_the_rows_of_the_workers_add_up(desk: Desk):
    snapshot = desk.snapshot()

    for column, total in (("executed", 1), ("failed", 1), ("executing", 2), ("queued", 2)):
        assert sum(worker[column] for worker in snapshot["workers"]) == total


def test_a_worker_has_a_row(desk: Desk):
    assert desk.snapshot()["workers"][0] == {
        "id": 1,
        "slot": 0,
        "pid": 1001,
        "state": "busy",
        "dynamic": False,
        "concurrency": 1,
        "executing": 1,
        "queued": 1,
        "max_queued": 1,
        "stolen": 0,
        "back_pressure": False,
        "executed": 1,
        "failed": 0,
        "restarts": 0,
        "memory": None,
        "task": "c",
        "running_since": 0.0,
        "started_at": 0.0,
    }


def test_workers_are_shown_in_the_order_of_their_slots():
    desk = Desk.with_workers(3)
    desk.exit(1)

    assert [(worker["slot"], worker["id"]) for worker in desk.snapshot()["workers"]] == [(0, 4), (1, 2), (2, 3)]


def test_a_worker_that_starts_has_no_process_yet():
    desk = Desk(min_size=1)
    desk.start()

    (worker,) = desk.snapshot()["workers"]

    assert (worker["state"], worker["pid"], worker["task"], worker["started_at"]) == ("starting", None, None, None)


def test_workers_are_counted_by_what_they_do():
    desk = Desk.with_workers(1, max_size=3)
    desk.submit_all("a", "b", "c")
    desk.ready(2)
    desk.answer(2)
    desk.answer(2)

    snapshot = desk.snapshot()

    assert snapshot["worker_nodes"] == 3
    assert (snapshot["busy_worker_nodes"], snapshot["idle_worker_nodes"]) == (1, 1)
    assert snapshot["dynamic_worker_nodes"] == 2


def test_tasks_in_the_backlog_are_queued():
    desk = Desk(min_size=1)
    desk.start()
    desk.submit_all("a", "b")

    assert desk.snapshot()["queued_tasks"] == 2


def test_utilization_counts_what_runs_and_what_has_run():
    desk = Desk.with_workers(2)
    desk.submit("a")
    desk.answer(1, run_time=4.0)
    desk.submit("b")
    desk.tick(10.0)

    snapshot = desk.snapshot()

    assert snapshot["busy_time"] == 14.0
    assert snapshot["uptime"] == 10.0
    assert snapshot["utilization"] == pytest.approx(14.0 / 20.0)


def test_times_of_tasks_are_summed_up(desk: Desk):
    snapshot = desk.snapshot()

    assert snapshot["run_time"]["aggregate"] == 2.0
    assert snapshot["wait_time"]["maximum"] is not None


def test_nothing_measured_is_none():
    snapshot = Desk.with_workers(1).snapshot()

    assert snapshot["run_time"]["median"] is None
    assert snapshot["wait_time"]["minimum"] is None
