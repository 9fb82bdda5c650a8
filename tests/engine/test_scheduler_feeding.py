"""How many tasks a worker gets ahead of the one it runs: as many tiny ones as it is worth, and no long ones."""

from __future__ import annotations

import math

import pytest

from poolapp.engine.dispatcher import BATCH_SECONDS, TASKS_IN_A_BATCH
from tests.engine.desk import Desk

TINY = BATCH_SECONDS / 1000
LONG = BATCH_SECONDS * 2


@pytest.fixture
def desk() -> Desk:
    return Desk.with_workers(1, ahead=True)


def names(count: int) -> list[str]:
    return [f"t{number}" for number in range(count)]


def test_a_task_of_unknown_run_time_goes_alone(desk: Desk):
    assert desk.submit_all("a", "b", "c") == ["send 1: a"]
    assert desk.answer(1) == ["send 1: b"]
    assert desk.answer(1) == ["send 1: c"]


def test_nothing_goes_ahead_of_a_task_of_unknown_run_time(desk: Desk):
    desk.submit("unknown")

    assert desk.submit("tiny", TINY) == []
    assert desk.answer(1) == ["send 1: tiny"]


def test_a_task_of_unknown_run_time_does_not_go_behind_a_tiny_one(desk: Desk):
    desk.submit("tiny", TINY)

    assert desk.submit("unknown") == []


def test_tiny_tasks_go_ahead_in_two_batches(desk: Desk):
    assert desk.submit("a", TINY) == ["send 1: a"]
    assert desk.submit("b", TINY) == ["send 1: b"]
    assert desk.submit("c", TINY) == []


def test_an_answered_batch_makes_room_for_all_that_waited(desk: Desk):
    desk.submit_all("a", "b", "c", "d", "e", expected=TINY)

    assert desk.answer(1) == ["send 1: c d e"]


def test_a_batch_is_no_longer_than_it_is_worth(desk: Desk):
    desk.submit("first", math.inf)
    desk.submit_all(*names(10), expected=BATCH_SECONDS * 0.4)

    assert desk.answer(1) == ["send 1: t0 t1"]


def test_a_batch_has_only_so_many_tasks(desk: Desk):
    desk.submit("first", math.inf)
    desk.submit_all(*names(TASKS_IN_A_BATCH + 50), expected=TINY / 1000)

    assert desk.answer(1) == [f"send 1: {' '.join(names(TASKS_IN_A_BATCH))}"]


def test_long_tasks_go_one_by_one(desk: Desk):
    assert desk.submit_all("a", "b", expected=LONG) == ["send 1: a"]
    assert desk.answer(1) == ["send 1: b"]


def test_a_batch_ends_before_a_long_task(desk: Desk):
    desk.submit("first", math.inf)
    desk.submit_all("a", "b", expected=TINY)
    desk.submit("long", LONG)
    desk.submit("c", TINY)

    assert desk.answer(1) == ["send 1: a b"]
    assert desk.answer(1, 2) == ["send 1: long"]
    assert desk.answer(1) == ["send 1: c"]


def test_a_function_that_turns_out_tiny_is_given_ahead_from_then_on(desk: Desk):
    desk.submit("a")
    known = desk.tasks["a"].known
    desk.answer(1, run_time=TINY)

    assert known.expected == TINY


@pytest.mark.parametrize("run_time, expected", [(2.0, 1.2), (0.5, 0.9)])
def test_later_run_times_change_the_expectation_smoothly(desk: Desk, run_time: float, expected: float):
    desk.submit("a", 1.0)

    desk.answer(1, run_time=run_time)

    assert desk.tasks["a"].known.expected == pytest.approx(expected)


def test_workers_that_do_not_take_batches_get_tasks_one_by_one():
    desk = Desk.with_workers(1, ahead=False)

    assert desk.submit_all("a", "b", "c", expected=TINY) == ["send 1: a"]
    assert desk.answer(1) == ["send 1: b"]


def test_what_was_given_ahead_counts_as_waiting_not_as_running(desk: Desk):
    desk.submit_all("a", "b", "c", expected=TINY)

    snapshot = desk.snapshot()

    assert (snapshot["executing_tasks"], snapshot["queued_tasks"]) == (1, 2)


def test_tiny_tasks_are_spread_over_the_workers():
    desk = Desk.with_workers(2, ahead=True)

    assert desk.submit_all("a", "b", "c", "d", expected=TINY) == [
        "send 1: a",
        "send 2: b",
        "send 1: c",
        "send 2: d",
    ]
