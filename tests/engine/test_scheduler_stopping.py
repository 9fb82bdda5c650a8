"""The end of a pool: nothing waits any more, nobody stays."""

from __future__ import annotations

import pytest

from tests.engine.desk import Desk

TINY = 0.000_001


def test_what_waits_fails_at_once():
    desk = Desk.with_workers(1)
    desk.submit_all("a", "b", "c")

    assert desk.stop() == ["fail b: PoolDestroyed", "fail c: PoolDestroyed", "kill 1"]
    assert str(desk.settled["b"]) == "the pool was destroyed before b could run"


def test_what_waits_in_the_backlog_fails_at_once():
    desk = Desk(min_size=1)
    desk.start()
    desk.submit("a")

    assert desk.stop() == ["fail a: PoolDestroyed", "kill 1"]


def test_what_runs_fails_with_its_worker():
    desk = Desk.with_workers(1)
    desk.submit("a")
    desk.stop()

    assert desk.exit(1) == ["fail a: PoolDestroyed"]
    assert str(desk.settled["a"]) == "the pool was destroyed while a ran"


def test_what_ends_before_its_worker_is_killed_has_its_result():
    desk = Desk.with_workers(1)
    desk.submit("a")
    desk.stop()
    desk.answer(1)

    assert desk.exit(1) == []
    assert desk.settled == {"a": None}


def test_what_a_killed_worker_had_not_begun_fails():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit_all("a", "b", expected=TINY)
    desk.stop()

    desk.exit(1, unbegun=[2])

    assert str(desk.settled["b"]) == "the pool was destroyed before b could run"


def test_idle_workers_may_end_by_themselves():
    desk = Desk.with_workers(2)

    assert desk.stop() == ["stop 1", "stop 2"]


def test_workers_that_do_not_end_by_themselves_are_killed():
    desk = Desk.with_workers(1, stop_timeout=2.0)
    desk.stop()

    assert desk.next_tick() == 2.0
    assert desk.tick(2.0) == ["kill 1"]


def test_workers_that_are_starting_are_killed():
    desk = Desk(min_size=1)
    desk.start()

    assert desk.stop() == ["kill 1"]
    assert desk.ready(1) == []
    assert desk.exit(1) == []


def test_nobody_is_replaced():
    desk = Desk.with_workers(2)
    desk.stop()

    assert desk.exit(1) == []
    assert desk.exit(2) == []
    assert desk.tick(60) == []
    assert desk.next_tick() is None


@pytest.mark.parametrize("hard", [False, True])
def test_a_restart_in_progress_fails(hard: bool):
    desk = Desk.with_workers(2)
    desk.restart(hard=hard)

    assert "conclude: PoolDestroyed" in desk.stop()
