"""Where a task goes: to a worker's hands, to its queue, or to the backlog until there is a worker."""

from __future__ import annotations

import pytest

from tests.engine.desk import Desk


def test_a_task_without_a_ready_worker_waits_in_the_backlog():
    desk = Desk(min_size=2)
    desk.start()

    assert desk.submit("a") == []
    assert desk.backlog() == ["a"]


def test_the_first_ready_worker_gets_the_backlog_in_order():
    desk = Desk(min_size=1)
    desk.start()
    desk.submit_all("a", "b", "c")

    assert desk.ready(1) == ["send 1: a"]
    assert desk.queue(1) == ["b", "c"]
    assert desk.backlog() == []


def test_later_workers_help_with_what_the_first_could_not_take():
    desk = Desk(min_size=2)
    desk.start()
    desk.submit_all("a", "b", "c", "d", "e")
    desk.ready(1)

    assert desk.ready(2) == ["send 2: b"]
    assert desk.queue(1) == ["c", "e"]
    assert desk.queue(2) == ["d"]


def test_a_task_goes_to_an_idle_worker():
    desk = Desk.with_workers(2)

    assert desk.submit("a") == ["send 1: a"]
    assert desk.submit("b") == ["send 2: b"]


def test_a_task_for_busy_workers_waits_at_the_least_used_one():
    desk = Desk.with_workers(2)
    desk.submit_all("a", "b", "c")

    assert desk.submit("d") == []
    assert (desk.queue(1), desk.queue(2)) == (["c"], ["d"])


def test_round_robin_takes_one_worker_after_another():
    desk = Desk.with_workers(3, strategy="round_robin")

    assert desk.submit_all("a", "b", "c") == ["send 1: a", "send 2: b", "send 3: c"]
    desk.submit_all("d", "e")
    assert (desk.queue(1), desk.queue(2), desk.queue(3)) == (["d"], ["e"], [])


def test_a_worker_gets_its_next_task_when_it_answers():
    desk = Desk.with_workers(1)
    desk.submit_all("a", "b")

    assert desk.answer(1) == ["send 1: b"]
    assert desk.answer(1) == []


def test_answers_are_taken_in_the_order_in_which_tasks_were_given():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit_all("a", "b", "c", expected=0.0001)

    desk.answer(1, 2)

    assert list(desk.settled) == ["a", "b"]


def test_an_answer_is_entered_into_the_books():
    desk = Desk.with_workers(1)
    desk.submit_all("good", "bad")

    desk.answer(1, run_time=2.0)
    desk.answer(1, error=ValueError())

    totals = desk.scheduler.state.totals
    assert (totals.submitted, totals.executed, totals.failed) == (2, 1, 1)
    assert totals.busy_time == pytest.approx(2.01)
    assert desk.nodes[1].usage.executed == 1
    assert desk.nodes[1].usage.failed == 1


def test_a_function_is_expected_to_take_as_long_as_it_took():
    desk = Desk.with_workers(1)
    desk.submit("a")

    desk.answer(1, run_time=0.5)

    assert desk.tasks["a"].known.expected == 0.5


# Stealing


def test_an_idle_worker_steals_every_second_task_of_the_longest_queue_the_first_included():
    desk = Desk.with_workers(2)
    desk.submit_all("a", "b", "a1", "b1", "a2", "b2", "a3", "b3")

    for _ in range(4):
        desk.answer(2)

    assert desk.committed(2) == ["a1"]
    assert (desk.queue(1), desk.queue(2)) == (["a2"], ["a3"])


def test_an_idle_worker_keeps_its_hands_off_without_task_stealing():
    desk = Desk.with_workers(2, queue={"task_stealing": False})
    desk.submit_all("a", "b", "a1", "b1")

    desk.answer(2)

    assert desk.answer(2) == []
    assert desk.queue(1) == ["a1"]


def test_a_stolen_task_can_be_withdrawn():
    desk = Desk.with_workers(2)
    desk.submit_all("a", "b", "a1", "b1", "a2", "b2", "a3", "b3")
    for _ in range(4):
        desk.answer(2)

    assert desk.withdraw("a3")
    assert desk.queue(2) == []


@pytest.mark.parametrize("strategy", ["least_used", "round_robin"])
def test_no_worker_is_idle_while_a_task_waits_for_another(strategy: str):
    desk = Desk.with_workers(2, strategy=strategy)
    desk.submit("long")
    desk.submit("short")
    desk.answer(2)

    assert desk.submit("next") == ["send 2: next"]


# Withdrawing


def test_a_task_in_a_queue_can_be_withdrawn():
    desk = Desk.with_workers(1)
    desk.submit_all("a", "b", "c")

    assert desk.withdraw("b")
    assert desk.queue(1) == ["c"]
    assert desk.scheduler.state.totals.cancelled == 1


def test_a_task_in_the_backlog_can_be_withdrawn():
    desk = Desk(min_size=1)
    desk.start()
    desk.submit_all("a", "b")

    assert desk.withdraw("a")
    assert desk.backlog() == ["b"]


@pytest.mark.parametrize("stage", ["committed", "executed", "withdrawn"])
def test_a_task_that_no_longer_waits_cannot_be_withdrawn(stage: str):
    desk = Desk.with_workers(1)
    desk.submit_all("running", "a")
    if stage == "withdrawn":
        desk.withdraw("a")
    else:
        desk.answer(1)
    if stage == "executed":
        desk.answer(1)

    assert not desk.withdraw("a")
