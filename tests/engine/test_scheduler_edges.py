"""Events at edges: told when something begins and when it ends, and not in between."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from poolapp.engine import TaskAborted
from tests.engine.desk import Desk

TINY = 0.000_001


def test_ready_is_told_once_when_the_minimum_is_there():
    desk = Desk(min_size=2)
    desk.start()

    desk.ready(1)
    assert desk.take_told() == ["worker_online"]
    desk.ready(2)
    assert desk.take_told() == ["worker_online", "ready"]


def test_ready_is_not_told_again_after_a_worker_was_replaced():
    desk = Desk.with_workers(1)
    desk.exit(1)
    desk.ready(2)

    assert "ready" not in desk.told


def test_a_pool_without_a_minimum_is_ready_when_it_starts():
    desk = Desk(min_size=0, max_size=2)

    desk.start()

    assert desk.take_told() == ["ready"]


def test_busy_is_told_when_the_last_worker_gets_work_and_busy_end_when_one_has_none():
    desk = Desk.with_workers(2)

    desk.submit("a")
    assert desk.take_told() == []
    desk.submit("b")
    assert desk.take_told() == ["busy"]
    desk.submit("c")
    assert desk.take_told() == []
    desk.answer(1)
    assert desk.take_told() == []
    desk.answer(2)
    assert desk.take_told() == ["busy_end"]


@pytest.mark.parametrize("go_on", [Desk.resume, Desk.drain])
def test_a_paused_pool_that_goes_on_is_busy_at_once(go_on: Callable[[Desk], list[str]]):
    desk = Desk.with_workers(2)
    desk.pause()
    desk.submit_all("a", "b")
    assert desk.take_told() == []

    go_on(desk)

    assert desk.take_told() == ["busy"]


def test_a_dynamic_pool_is_busy_only_at_its_full_size():
    desk = Desk.with_workers(1, max_size=2)
    desk.submit_all("a", "b")
    assert "busy" not in desk.told

    desk.ready(2)

    assert "busy" in desk.told


def test_busy_ends_when_a_busy_worker_dies():
    desk = Desk.with_workers(1)
    desk.submit("a")
    desk.take_told()

    desk.exit(1)

    assert desk.take_told() == ["worker_exit", "error", "busy_end"]


def test_busy_ends_when_the_only_task_is_withdrawn():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit("a")

    desk.take_back(1, 1, withdraw="a")

    assert desk.take_told() == ["busy", "busy_end"]


def test_busy_ends_when_a_task_is_aborted():
    desk = Desk.with_workers(1)
    desk.submit("a")

    desk.abort("a")
    desk.answer(1, error=TaskAborted("aborted"))

    assert desk.take_told() == ["busy", "busy_end"]


def test_busy_times_are_counted():
    desk = Desk.with_workers(1)
    for name in "abc":
        desk.submit(name)
        desk.answer(1)

    assert desk.snapshot()["events"] == {"busy": 3, "full": 0, "back_pressure": 0}


def test_full_is_told_when_a_dynamic_pool_has_reached_its_maximum_and_full_end_when_it_has_not():
    desk = Desk.with_workers(1, max_size=2, max_inactive_time=60.0)
    desk.submit_all("a", "b")
    assert desk.take_told() == ["full"]
    desk.ready(2)
    desk.answer(1)
    desk.answer(2)
    desk.take_told()

    desk.tick(60.0)

    assert desk.take_told() == ["full_end"]


def test_a_fixed_pool_is_never_full():
    desk = Desk.with_workers(2)
    desk.submit_all("a", "b", "c")

    assert "full" not in desk.told


def test_a_worker_is_told_of_with_its_process():
    desk = Desk(min_size=1)
    desk.start()

    desk.ready(1, pid=4711)

    assert desk.tells[0].details == {"worker": 1, "slot": 0, "worker_pid": 4711}


def test_the_exit_of_a_retired_worker_is_expected():
    desk = Desk.with_workers(1)
    desk.restart()
    desk.ready(2)
    desk.tells.clear()

    desk.exit(1, "ended with exit code 0")

    (told,) = desk.tells
    assert told.event == "worker_exit"
    assert told.details == {"worker": 1, "slot": 0, "worker_pid": 1001, "expected": True, "reason": "retired"}


def test_the_reason_of_a_killed_worker_says_who_killed_it():
    desk = Desk.with_workers(1)
    desk.submit("a")
    desk.abort("a")
    desk.tick(1.0)
    desk.give_up(1, "a")
    desk.tells.clear()

    desk.exit(1, "killed by SIGKILL")

    assert desk.tells[0].details["reason"] == "killed because a did not end"
