"""What the reference asks of snapshots and statistics, where no other test shows it; see docs/parity.md."""

from __future__ import annotations

from contextvars import Context
from itertools import count
from types import SimpleNamespace

import pytest

from poolapp.engine.snapshot import snapshot
from poolapp.engine.statistics import Measurement
from poolapp.engine.strategies import STRATEGIES
from poolapp.engine.workers import running
from poolapp.engine.workers.interruptible import RunningTask
from tests.engine import functions
from tests.engine.desk import Desk

NOTHING = {
    "aggregate": 0.0,
    "minimum": None,
    "maximum": None,
    "average": None,
    "median": None,
    "p95": None,
    "p99": None,
}
NO_ELU = {"active": NOTHING, "idle": NOTHING, "utilization": {"average": None, "median": None}}
# Of a pool that has done nothing; all of these are always there.
QUIET = {
    "worker": "inline",
    "strategy": "least_used",
    "started_at": 0.0,
    "ready": True,
    "busy_worker_nodes": 0,
    "submitted_tasks": 0,
    "executed_tasks": 0,
    "executing_tasks": 0,
    "queued_tasks": 0,
    "max_queued_tasks": 0,
    "stolen_tasks": 0,
    "failed_tasks": 0,
    "cancelled_tasks": 0,
    "back_pressure": False,
    "back_pressure_worker_nodes": 0,
    "restarts": 0,
    "retried_tasks": 0,
    "recycled_workers": 0,
    "trouble": None,
    "busy_time": 0.0,
    "utilization": 0.0,
    "run_time": NOTHING,
    "wait_time": NOTHING,
    "elu": NO_ELU,
    "events": {"busy": 0, "full": 0, "back_pressure": 0},
    "unknown_messages": 0,
}
DETAILS = ("uptime", "strategy_options", "queue", "workers")


def shown(desk: Desk) -> dict[str, object]:
    return {name: value for name, value in desk.snapshot().items() if name not in DETAILS}


def test_the_snapshot_of_a_fixed_pool_with_nothing_to_do():
    assert shown(Desk.with_workers(2)) == {
        **QUIET,
        "type": "fixed",
        "min_size": 2,
        "max_size": 2,
        "worker_nodes": 2,
        "idle_worker_nodes": 2,
        "dynamic_worker_nodes": 0,
    }


def test_the_snapshot_of_a_dynamic_pool_without_workers():
    desk = Desk(min_size=0, max_size=3)
    desk.start()

    assert shown(desk) == {
        **QUIET,
        "type": "dynamic",
        "min_size": 0,
        "max_size": 3,
        "worker_nodes": 0,
        "idle_worker_nodes": 0,
        "dynamic_worker_nodes": 0,
    }


def test_tasks_are_shown_while_they_run_and_when_they_have_ended():
    desk = Desk.with_workers(2, queue={"task_stealing": False})
    desk.submit_all("a", "b", "c", "d", "e")
    during = desk.snapshot()
    for _ in range(2):
        desk.answer(1)
        desk.answer(2, error=ValueError("no"))
    desk.answer(1)
    after = desk.snapshot()

    names = ("idle_worker_nodes", "busy_worker_nodes", "executing_tasks", "queued_tasks", "executed_tasks")
    assert [during[name] for name in names] == [0, 2, 2, 3, 0]
    assert [after[name] for name in names] == [2, 0, 0, 0, 3]
    assert after["failed_tasks"] == 2
    assert after["max_queued_tasks"] == during["max_queued_tasks"] == 2 + 1, "what each queue had at its longest"


def test_a_worker_with_some_room_is_neither_busy_nor_idle():
    desk = Desk.with_workers(1, queue={"concurrency": 2})

    desk.submit("a")

    assert (desk.snapshot()["busy_worker_nodes"], desk.snapshot()["idle_worker_nodes"]) == (0, 0)


def test_workers_that_are_not_ready_are_neither_busy_nor_idle():
    desk = Desk(min_size=2)
    desk.start()
    desk.ready(1)

    snapshot = desk.snapshot()

    assert (snapshot["worker_nodes"], snapshot["idle_worker_nodes"], snapshot["ready"]) == (2, 1, False)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_everything_is_measured_whatever_the_strategy_wants_to_know(strategy: str):
    desk = Desk.with_workers(1, strategy=strategy)
    desk.submit("a")
    desk.tick(3.0)

    desk.answer(1, run_time=2.0)

    snapshot = desk.snapshot()
    assert snapshot["run_time"]["average"] == snapshot["run_time"]["median"] == 2.0
    assert snapshot["wait_time"]["average"] == snapshot["wait_time"]["median"] == 1.0
    assert snapshot["elu"]["idle"]["aggregate"] == 2.0


def test_a_task_waits_from_its_submission_to_its_start():
    desk = Desk.with_workers(1)
    desk.submit_all("a", "b")
    desk.tick(4.0)
    desk.answer(1, run_time=4.0)
    desk.tick(2.0)
    assert desk.snapshot()["wait_time"]["maximum"] == 0.0, "b runs, and is booked when it ends"

    desk.answer(1, run_time=2.0)

    assert desk.snapshot()["wait_time"] == {
        "aggregate": 4.0, "minimum": 0.0, "maximum": 4.0, "average": 2.0, "median": 2.0, "p95": 4.0, "p99": 4.0,
    }  # fmt: skip


def test_waiting_does_not_make_a_pool_look_used():
    desk = Desk.with_workers(1)
    desk.submit_all("a", "b")
    desk.tick(2.0)
    desk.answer(1, run_time=2.0)
    desk.tick(2.0)
    desk.answer(1, run_time=2.0)
    desk.tick(4.0)

    assert desk.snapshot()["wait_time"]["aggregate"] == 2.0
    assert desk.snapshot()["utilization"] == pytest.approx(4.0 / 8.0)


def test_a_pool_that_does_not_run_is_not_used():
    desk = Desk.with_workers(1)
    desk.submit("a")
    desk.answer(1, run_time=2.0)

    assert snapshot(desk.scheduler.state, 10.0, 0.0, None)["utilization"] == 0.0


def test_nothing_is_rounded():
    desk = Desk.with_workers(1)
    desk.submit("a")

    desk.answer(1, run_time=1.005_005)

    assert desk.snapshot()["run_time"]["average"] == 1.005_005


def test_idle_workers_do_not_draw_the_median_down():
    desk = Desk.with_workers(2)
    desk.submit("a")
    desk.answer(1, run_time=20.0)
    desk.submit("b")
    desk.answer(1, run_time=51.0)

    assert desk.nodes[2].usage.executed == 0
    assert desk.snapshot()["run_time"]["median"] == 35.5


def test_the_latest_386_samples_are_kept_as_there():
    assert Measurement().history.maxlen == 386


@pytest.mark.parametrize("name", ["run_time", "wait_time", "active_time", "idle_time"])
def test_a_new_worker_has_done_nothing(name: str):
    usage = Desk.with_workers(1).nodes[1].usage

    measurement = getattr(usage, name)

    assert (usage.executed, usage.failed, usage.stolen, usage.utilization) == (0, 0, 0, None)
    assert (measurement.aggregate, list(measurement.history)) == (0.0, [])


@pytest.mark.parametrize("run_time, active_times", [(0.000_05, [0.0, 0.000_05]), (0.000_2, [0.0, 0.0])])
def test_a_function_that_was_quick_counts_as_active_all_the_time(
    run_time: float, active_times: list[float], monkeypatch: pytest.MonkeyPatch
):
    """Where the CPU's clock stands still, only what is measured is inactive."""
    readings = count()
    clocks = SimpleNamespace(monotonic=lambda: next(readings) * run_time, thread_time=lambda: 0.0)
    monkeypatch.setattr(running, "time", clocks)
    runner = running.TaskRunner()

    outcomes = [
        runner.run(RunningTask("task", 1, 0, lambda *_: None), Context(), functions.nothing, (), {}) for _ in range(2)
    ]

    assert [outcome.active_time for outcome in outcomes] == pytest.approx(active_times)
