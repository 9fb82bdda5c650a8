"""When a worker dies: what it had begun fails, the rest goes elsewhere, and the slot is filled again."""

from __future__ import annotations

import pytest

from poolapp.engine import WorkerLost, WorkerStartFailed
from tests.engine.desk import Desk

TINY = 0.000_001
OPEN = 0.0001  # seconds; more than a rounding error


def test_what_a_dead_worker_had_begun_fails_and_says_why():
    desk = Desk.with_workers(1)
    desk.submit("a")

    assert desk.exit(1, "killed by SIGSEGV") == ["fail a: WorkerLost", "spawn 2 in slot 0"]
    assert str(desk.settled["a"]) == "the worker in slot 0 (process 1001) was lost while it ran a: killed by SIGSEGV"


def test_what_waited_for_a_dead_worker_goes_to_the_others():
    desk = Desk.with_workers(2)
    desk.submit_all("a", "b", "a1", "b1")

    assert desk.exit(1) == ["fail a: WorkerLost", "spawn 3 in slot 0"]
    assert desk.queue(2) == ["a1", "b1"]


def test_what_waited_for_the_only_worker_waits_for_its_successor():
    desk = Desk.with_workers(1)
    desk.submit_all("a", "b", "c")
    desk.exit(1)

    assert desk.backlog() == ["b", "c"]
    assert desk.ready(2) == ["send 2: b"]


def test_what_a_dead_worker_had_not_begun_goes_elsewhere():
    desk = Desk.with_workers(2, ahead=True)
    desk.submit_all("a", "b", "c", "d", expected=TINY)
    desk.answer(2, 2)

    assert desk.exit(1, unbegun=[2]) == ["fail a: WorkerLost", "send 2: c", "spawn 3 in slot 0"]


def test_a_worker_that_died_before_it_began_anything_costs_no_task():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit_all("a", "b", expected=TINY)

    assert desk.exit(1, unbegun=[1, 2]) == ["spawn 2 in slot 0"]
    assert desk.ready(2) == ["send 2: a", "send 2: b"]


def test_the_death_of_an_idle_worker_costs_no_task():
    desk = Desk.with_workers(2)

    assert desk.exit(2) == ["spawn 3 in slot 1"]
    assert desk.settled == {}


def test_deaths_are_counted_by_pool_and_slot():
    desk = Desk.with_workers(2)
    desk.exit(2)
    desk.ready(3)
    desk.exit(3)

    snapshot = desk.snapshot()

    assert snapshot["restarts"] == 2
    assert [(worker["slot"], worker["restarts"]) for worker in snapshot["workers"]] == [(0, 0), (1, 2)]


def test_a_death_is_told():
    desk = Desk.with_workers(1)
    desk.tells.clear()

    desk.exit(1, "killed by SIGKILL")

    who = {"worker": 1, "slot": 0, "worker_pid": 1001}
    assert [(tell.event, tell.details) for tell in desk.tells] == [
        ("worker_exit", {**who, "expected": False, "reason": "killed by SIGKILL"}),
        ("error", {**who, "error": "the worker in slot 0 (process 1001): killed by SIGKILL"}),
    ]


# Failures to start


@pytest.fixture
def failing() -> Desk:
    """A pool of one whose worker has failed to start once, while a task waits."""
    desk = Desk(min_size=1)
    desk.start()
    desk.submit("a")
    assert desk.exit(1, error="Traceback: no database") == []
    return desk


def fail_to_start(desk: Desk, pause: float) -> list[str]:
    """Wait until the next try, which fails too."""
    assert desk.tick(pause - OPEN) == []
    (spawned,) = desk.tick(2 * OPEN)
    return desk.exit(int(spawned.split()[1]), error="Traceback: no database")


def test_a_worker_that_cannot_start_is_tried_again_after_a_pause(failing: Desk):
    assert failing.next_tick() == pytest.approx(0.1)
    assert failing.tick(0.1) == ["spawn 2 in slot 0"]


def test_the_pauses_become_longer(failing: Desk):
    fail_to_start(failing, 0.1)

    assert failing.next_tick() == pytest.approx(0.2)


def test_a_task_for_which_there_is_no_hope_is_told_why(failing: Desk):
    assert fail_to_start(failing, 0.1) == []
    assert fail_to_start(failing, 0.2) == ["fail a: WorkerStartFailed"]
    assert str(failing.settled["a"]) == "Traceback: no database"


def test_a_worker_that_cannot_start_is_tried_for_ever(failing: Desk):
    for pause in (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0):
        fail_to_start(failing, pause)

    assert failing.next_tick() == pytest.approx(30.0)


def test_a_worker_that_was_of_use_makes_the_next_pause_short_again(failing: Desk):
    fail_to_start(failing, 0.1)
    failing.tick(0.2)

    assert failing.ready(3) == ["send 3: a"]
    failing.answer(3)
    failing.exit(3)
    failing.exit(4)
    assert failing.next_tick() == pytest.approx(0.1)


def test_a_task_is_not_without_hope_while_another_worker_lives():
    desk = Desk.with_workers(2)
    desk.submit_all("a", "b", "a1", "b1")
    desk.exit(2)
    for pause in (0, 0.1, 0.2, 0.4):
        (spawned,) = desk.tick(pause + OPEN) or ["spawn 3"]
        desk.exit(int(spawned.split()[1]), error="no memory")

    assert [type(error) for error in desk.settled.values()] == [WorkerLost]
    assert desk.queue(1) == ["a1", "b1"]


def test_failures_to_start_are_not_counted_as_deaths(failing: Desk):
    assert failing.snapshot()["restarts"] == 0


def test_a_worker_that_does_not_start_in_time_is_killed_and_another_tried():
    desk = Desk(min_size=1, start_timeout=5.0)
    desk.start()

    assert desk.next_tick() == 5.0
    assert desk.tick(5.0) == ["kill 1", "spawn 2 in slot 0"]


def test_a_task_for_which_no_worker_starts_in_time_is_told_so():
    desk = Desk(min_size=1, start_timeout=5.0)
    desk.start()
    desk.submit("a")
    for node_id in (1, 2, 3):
        desk.tick(5.0)
        desk.exit(node_id, "killed by SIGKILL")

    assert isinstance(desk.settled["a"], WorkerStartFailed)
    assert "did not start in time" in str(desk.settled["a"])


def test_a_worker_that_cannot_be_killed_is_killed_again():
    desk = Desk(min_size=1, start_timeout=5.0, stop_timeout=2.0)
    desk.start()
    desk.tick(5.0)

    assert desk.next_tick() == 2.0
    assert desk.tick(2.0) == ["kill 1"]
