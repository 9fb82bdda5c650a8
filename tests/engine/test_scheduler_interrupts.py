"""Ending tasks: where they wait, where they run, by request or because their time is up."""

from __future__ import annotations

from poolapp.engine import TaskAborted, TaskTimeout, WorkerLost
from tests.engine.desk import Desk

TINY = 0.000_01


# Aborting


def test_a_task_that_waits_is_aborted_at_once():
    desk = Desk.with_workers(1)
    desk.submit_all("a", "b")

    assert desk.abort("b", "the user has left") == ["fail b: TaskAborted"]
    assert str(desk.settled["b"]) == "b was aborted: the user has left"
    assert desk.answer(1) == []


def test_a_task_that_waits_for_a_worker_is_aborted_at_once():
    desk = Desk(min_size=1)
    desk.start()
    desk.submit("a")

    assert desk.abort("a") == ["fail a: TaskAborted"]
    assert desk.ready(1) == []


def test_a_running_task_is_asked_to_end_and_its_error_becomes_the_cause():
    desk = Desk.with_workers(1)
    desk.submit_all("a", "b")

    assert desk.abort("a", "the user has left") == ["interrupt 1: 1.0"]
    assert desk.answer(1, error=ValueError("on the way out")) == ["send 1: b"]
    assert isinstance(desk.settled["a"], TaskAborted)
    assert str(desk.settled["a"]) == "a was aborted: the user has left"
    assert isinstance(desk.settled["a"].__cause__, ValueError)


def test_a_task_that_ends_well_all_the_same_has_its_result():
    desk = Desk.with_workers(1)
    desk.submit("a")
    desk.abort("a")
    desk.answer(1)

    assert desk.settled == {"a": None}
    assert desk.next_tick() is None


def test_a_task_that_does_not_end_is_given_up_with_its_worker():
    desk = Desk.with_workers(1, abort_timeout=2.0)
    desk.submit_all("a", "b")
    desk.abort("a", "the user has left")

    assert desk.next_tick() == 2.0
    assert desk.tick(1.9) == []
    assert desk.tick(0.1) == ["give up 1: a"]
    assert desk.give_up(1, "a") == ["kill 1"]
    assert desk.tick(0.0) == ["spawn 2 in slot 0"]
    assert desk.exit(1) == ["fail a: TaskAborted"]
    assert str(desk.settled["a"]) == "a was aborted: the user has left"
    assert desk.ready(2) == ["send 2: b"]


def test_the_death_of_a_worker_that_was_asked_to_end_a_task_is_no_loss_of_that_task():
    desk = Desk.with_workers(1)
    desk.submit("a")
    desk.abort("a")

    desk.exit(1)

    assert isinstance(desk.settled["a"], TaskAborted)


def test_a_task_is_asked_to_end_once():
    desk = Desk.with_workers(1)
    desk.submit("a")
    desk.abort("a")

    assert not desk.scheduler.abort(desk.tasks["a"], "again", desk.now)


def test_only_a_task_that_runs_can_be_asked_to_end():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit_all("a", "b", expected=TINY)

    assert not desk.scheduler.abort(desk.tasks["b"], "", desk.now)


# Time limits


def test_a_task_that_runs_for_too_long_is_asked_to_end():
    desk = Desk.with_workers(1)
    desk.submit("a", timeout=3.0)

    assert desk.next_tick() == 3.0
    assert desk.tick(2.9) == []
    assert desk.tick(0.1) == ["time out 1: 1.0"]
    assert desk.answer(1, error=KeyError("where it was")) == []
    assert isinstance(desk.settled["a"], TaskTimeout)
    assert isinstance(desk.settled["a"], TimeoutError)
    assert str(desk.settled["a"]) == "a ran for more than 3 s"


def test_time_counts_from_the_start_of_the_run():
    desk = Desk.with_workers(1)
    desk.submit("a")
    desk.submit("b", timeout=3.0)
    desk.tick(10.0)
    desk.answer(1)

    assert desk.tick(2.9) == []
    assert desk.tick(0.1) == ["time out 1: 2.0"]


def test_time_counts_from_the_start_of_the_run_also_for_what_was_given_ahead():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit("a", expected=TINY)
    desk.submit_all("b", "c", expected=TINY, timeout=3.0)
    desk.now += 0.004
    desk.answer(1)

    assert desk.committed(1) == ["b", "c"]
    assert desk.tick(2.9) == ["take back from 1"]
    assert desk.tick(0.1) == ["take back from 1", "time out 1: 2.0"]


def test_a_task_whose_time_is_up_is_given_up_in_the_end():
    desk = Desk.with_workers(1, abort_timeout=1.0)
    desk.submit("a", timeout=3.0)
    desk.tick(3.0)

    assert desk.next_tick() == 1.0
    assert desk.tick(1.0) == ["give up 1: a"]
    assert desk.tick(1.0) == [], "once is enough"
    assert desk.give_up(1, "a") == ["kill 1"]
    assert desk.exit(1) == ["fail a: TaskTimeout", "spawn 2 in slot 0"]


def test_a_task_that_had_not_begun_when_its_time_was_up_gets_its_time_elsewhere():
    desk = Desk.with_workers(1, abort_timeout=1.0)
    desk.submit("a", timeout=3.0)
    desk.tick(3.0)
    desk.tick(1.0)

    assert desk.give_up(1, "a", unbegun=[1]) == ["kill 1"]
    assert desk.exit(1) == ["spawn 2 in slot 0"]
    assert desk.ready(2) == ["send 2: a"]
    assert desk.next_tick() == 3.0


def test_a_task_that_ends_as_it_is_given_up_leaves_its_worker_alone():
    desk = Desk.with_workers(1)
    desk.submit("a")
    desk.abort("a")
    assert desk.tick(1.0) == ["give up 1: a"]
    desk.answer(1)

    assert desk.give_up(1, "a") == []
    assert desk.settled["a"] is None


def test_a_task_that_was_aborted_as_it_was_about_to_begin_never_does():
    desk = Desk.with_workers(1)
    desk.submit("a")
    desk.abort("a")

    assert desk.exit(1, unbegun=[1]) == ["fail a: TaskAborted", "spawn 2 in slot 0"]
    assert desk.ready(2) == []


def test_a_long_limit_of_what_does_not_run_yet_does_not_put_off_a_short_one():
    desk = Desk.with_workers(1)
    desk.submit("a", timeout=60.0)
    desk.submit("b", timeout=1.0)

    assert desk.next_tick() == 60.0
    desk.tick(2.0)
    desk.answer(1)
    assert desk.next_tick() == 1.0


# Several at once


def wide_desk() -> Desk:
    return Desk.with_workers(1, queue={"concurrency": 2}, abort_timeout=1.0)


def test_a_task_that_does_not_end_does_not_take_others_with_it():
    desk = wide_desk()
    desk.submit_all("a", "b", "c")
    desk.abort("a")

    assert desk.tick(1.0) == ["give up 1: a"]
    assert desk.give_up(1, "a") == ["fail a: TaskAborted"]
    assert desk.tick(0.0) == ["spawn 2 in slot 0"]
    assert (desk.committed(1), desk.backlog()) == (["b"], ["c"])
    assert desk.answer_batches(1, 2) == ["stop 1"]
    assert desk.settled["b"] is None
    assert desk.tick(2.0) == ["kill 1"], "it cannot end with a task that does not"
    assert desk.exit(1) == []
    assert desk.ready(2) == ["widen 2 to 2"]
    assert desk.widened(2, 2) == ["send 2: c"]


def test_an_answer_of_a_task_that_was_given_up_is_counted_and_left_alone():
    desk = wide_desk()
    desk.submit_all("a", "b")
    desk.abort("a")
    desk.tick(1.0)
    desk.give_up(1, "a")

    assert desk.answer_batches(1, 1) == []
    assert desk.snapshot()["unknown_messages"] == 1
    assert desk.committed(1) == ["b"]


# Killed without being asked


def test_a_worker_that_gives_no_answer_is_killed_where_inactivity_is_a_limit():
    desk = Desk(min_size=0, max_size=1, kill_behavior="hard", max_inactive_time=10.0)
    desk.start()
    desk.submit("a")
    desk.ready(1)

    assert desk.tick(9.9) == []
    assert desk.tick(0.1) == ["kill 1"]
    desk.exit(1)
    assert isinstance(desk.settled["a"], WorkerLost)
    assert 'kill_behavior is "hard"' in str(desk.settled["a"])


def test_a_worker_that_gives_no_answer_stays_otherwise():
    desk = Desk(min_size=0, max_size=1, kill_behavior="soft", max_inactive_time=10.0)
    desk.start()
    desk.submit("a")
    desk.ready(1)

    assert desk.tick(1000.0) == []
    desk.answer(1)
    assert desk.tick(10.0) == ["stop 1"]
