"""Workers that do not begin what they were given, and workers that have become too large."""

from __future__ import annotations

import pytest

from poolapp.engine import WorkerLost
from tests.engine.desk import Desk

TINY = 0.000_001
LIMIT = 1_000_000


@pytest.fixture
def desk() -> Desk:
    """Two workers that may freeze; the first has a task."""
    desk = Desk.with_workers(2, can_freeze=True)
    desk.submit("a")
    return desk


# Freezing


def test_a_worker_that_has_had_time_to_begin_a_task_is_looked_at(desk: Desk):
    assert desk.next_tick() == 2.0
    assert desk.tick(1.9) == []
    assert desk.tick(0.1) == ["probe 1"]


def test_a_worker_that_has_begun_is_left_alone(desk: Desk):
    desk.tick(2.0)

    assert desk.probed(1, unbegun=0) == []
    assert desk.tick(3600.0) == []


def test_a_worker_that_twice_has_not_begun_is_killed_and_its_task_runs_elsewhere(desk: Desk):
    desk.tick(2.0)
    assert desk.probed(1, unbegun=1) == []
    assert desk.next_tick() == 1.0
    assert desk.tick(1.0) == ["probe 1"]

    assert desk.probed(1, unbegun=1) == ["kill 1"]
    assert desk.exit(1, unbegun=[1]) == ["send 2: a", "spawn 3 in slot 0"]
    assert desk.settled == {}


def test_a_worker_that_has_begun_at_the_second_look_is_left_alone(desk: Desk):
    desk.tick(2.0)
    desk.probed(1, unbegun=1)
    desk.tick(1.0)

    assert desk.probed(1, unbegun=0) == []
    assert desk.tick(3600.0) == []


def test_the_next_task_of_a_batch_is_looked_after_as_well():
    desk = Desk.with_workers(1, ahead=True, can_freeze=True)
    desk.submit_all("a", "b", "c", expected=TINY)
    desk.answer(1)
    desk.tick(2.0)
    desk.probed(1, unbegun=1)
    assert "probe 1" not in desk.tick(2.0)
    desk.answer(1)

    assert "probe 1" in desk.tick(2.0)


def test_a_task_that_finds_only_frozen_workers_is_given_up():
    desk = Desk.with_workers(1, can_freeze=True)
    desk.submit("a")
    for node_id in (1, 2, 3):
        desk.tick(2.0)
        desk.probed(node_id, unbegun=1)
        desk.tick(1.0)
        desk.probed(node_id, unbegun=1)
        desk.exit(node_id, unbegun=[1])
        desk.ready(node_id + 1)

    assert isinstance(desk.settled["a"], WorkerLost)
    assert "killed because it did not begin a in 3.0 s" in str(desk.settled["a"])


def test_what_takes_long_to_be_sent_has_more_time():
    desk = Desk.with_workers(1, can_freeze=True)
    desk.pause()
    desk.submit("a")
    desk.tasks["a"].freight = 0.5
    desk.resume()

    assert desk.tick(11.9) == []
    assert desk.tick(0.1) == ["probe 1"]


def test_workers_that_cannot_freeze_are_not_looked_at():
    desk = Desk.with_workers(1)
    desk.submit("a")

    assert desk.next_tick() is None
    assert desk.tick(3600.0) == []


def test_who_does_not_want_it_has_workers_left_alone():
    desk = Desk.with_workers(1, can_freeze=True, begin_timeout=float("inf"))
    desk.submit("a")

    assert desk.tick(3600.0) == []


# Memory


@pytest.fixture
def scales() -> Desk:
    """One worker, which has done a task, with a limit on its memory."""
    desk = Desk.with_workers(1, can_freeze=True, max_worker_memory=LIMIT)
    desk.submit("a")
    desk.answer(1)
    return desk


def test_workers_are_weighed_every_second(scales: Desk):
    assert scales.tick(1.0) == ["weigh 1"]
    assert scales.tick(0.5) == []
    assert scales.tick(0.5) == ["weigh 1"]


def test_without_a_limit_no_worker_is_weighed(desk: Desk):
    assert "weigh 1" not in desk.tick(1.0)


def test_a_worker_within_the_limit_is_left_alone(scales: Desk):
    assert scales.weighed(1, LIMIT) == []
    assert scales.snapshot()["workers"][0]["memory"] == LIMIT


def test_a_worker_beyond_the_limit_is_replaced_once_its_successor_is_there(scales: Desk):
    scales.submit("b")

    assert scales.weighed(1, LIMIT + 1) == ["spawn 2 in slot 0"]
    assert scales.weighed(1, LIMIT + 1) == []
    assert scales.ready(2) == []
    assert scales.answer(1) == ["stop 1"]
    assert scales.snapshot()["recycled_workers"] == 1


def test_a_worker_that_is_far_beyond_the_limit_is_killed_with_what_it_runs(scales: Desk):
    scales.submit("b")

    assert scales.weighed(1, 2 * LIMIT + 1) == ["kill 1"]
    scales.exit(1)
    assert "killed because it had 2 MB, more than twice the max_worker_memory" in str(scales.settled["b"])


def test_an_idle_worker_that_is_far_beyond_the_limit_is_replaced_like_others(scales: Desk):
    assert scales.weighed(1, 2 * LIMIT + 1) == ["spawn 2 in slot 0"]


def test_a_worker_that_is_too_large_from_the_start_is_not_replaced_for_ever():
    desk = Desk.with_workers(1, can_freeze=True, max_worker_memory=LIMIT)

    assert desk.weighed(1, LIMIT + 1) == []


def test_nothing_follows_from_what_could_not_be_weighed(scales: Desk):
    assert scales.weighed(1, None) == []
