"""What was given ahead comes back: because the running task turned out long, or one of the others is cancelled."""

from __future__ import annotations

import pytest

from poolapp.engine.scheduler import STALL_SECONDS
from tests.engine.desk import Desk

TINY = 0.000_001


@pytest.fixture
def desk() -> Desk:
    """Two workers; the first has begun a, and was given c and e ahead; the second b and d."""
    desk = Desk.with_workers(2, ahead=True)
    desk.submit_all("a", "b", "c", "d", expected=TINY)
    return desk


def test_a_task_that_turns_out_long_does_not_hold_up_others(desk: Desk):
    assert desk.tick(STALL_SECONDS) == ["take back from 1", "take back from 2"]


def test_a_task_is_not_long_too_early(desk: Desk):
    assert desk.tick(STALL_SECONDS - 0.001) == []
    assert desk.next_tick() == pytest.approx(0.001)


def test_time_counts_from_the_last_answer():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit_all("a", "b", "c", expected=TINY)
    desk.tick(STALL_SECONDS - 0.001)
    desk.answer(1)

    assert desk.tick(STALL_SECONDS - 0.001) == []
    assert desk.tick(0.001) == ["take back from 1"]


def test_what_has_begun_already_is_not_asked_back_again_and_again():
    """The worker has done all of it, and its answers are on their way: asking would keep us from hearing them."""
    desk = Desk.with_workers(1, ahead=True)
    desk.submit_all("a", "b", "c", expected=TINY)
    assert desk.tick(STALL_SECONDS) == ["take back from 1"]

    desk.take_back(1)

    assert desk.tick(STALL_SECONDS) == []
    assert desk.next_tick() is None


def test_what_comes_after_the_long_task_can_be_taken_back_too():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit_all("a", "b", "c", expected=TINY)
    desk.tick(STALL_SECONDS)
    desk.take_back(1, 2)
    desk.answer(1)

    assert desk.committed(1) == ["b", "c"]
    assert desk.tick(STALL_SECONDS) == ["take back from 1"]


def test_nobody_minds_a_long_task_that_holds_up_no_other():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit("a", TINY)

    assert desk.tick(3600) == []
    assert desk.next_tick() is None


def test_what_comes_back_is_given_to_an_idle_worker(desk: Desk):
    desk.answer(2, 2)

    assert desk.take_back(1, 2) == ["send 2: c"]
    assert desk.committed(1) == ["a"]


def test_what_comes_back_to_busy_workers_waits_at_the_front_in_order():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit_all("a", "b", "c", "d", expected=TINY)

    desk.take_back(1, 2)

    assert desk.queue(1) == ["b", "c", "d"]


def test_nothing_more_is_given_ahead_behind_a_task_that_turned_out_long():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit_all("a", "b", expected=TINY)
    desk.take_back(1, 2)

    assert desk.submit("c", TINY) == []
    assert desk.answer(1) == ["send 1: b c"]


def test_when_even_the_first_comes_back_it_is_given_again():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit_all("a", "b", expected=TINY)

    assert desk.take_back(1, 1, 2) == ["send 1: a b"]


def test_nothing_comes_back_from_a_worker_that_has_begun_everything(desk: Desk):
    assert desk.take_back(1) == []
    assert desk.committed(1) == ["a", "c"]


def test_a_task_that_came_back_can_be_withdrawn():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit_all("a", "b", "c", expected=TINY)

    desk.take_back(1, 2, withdraw="b")

    assert desk.settled == {"b": None}
    assert desk.queue(1) == ["c"]
    assert desk.scheduler.state.totals.cancelled == 1


def test_a_task_that_was_begun_is_not_withdrawn():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit_all("a", "b", expected=TINY)

    desk.take_back(1, 2, withdraw="a")

    assert desk.settled == {}
    assert desk.committed(1) == ["a"]


def test_a_worker_whose_only_task_was_withdrawn_is_idle():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit("a", TINY)

    assert desk.take_back(1, 1, withdraw="a") == []
    assert desk.snapshot()["idle_worker_nodes"] == 1
    assert desk.submit("b") == ["send 1: b"]


def test_a_worker_that_answers_what_it_had_begun_goes_on_with_what_came_back():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit_all("a", "b", "c", expected=TINY)
    desk.take_back(1, 2)

    assert desk.answer(1) == ["send 1: b c"]
    assert desk.answer(1, 2) == []
    assert list(desk.settled) == ["a", "b", "c"]
