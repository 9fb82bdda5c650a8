"""What can be changed while tasks run: pause, size, strategy, queue."""

from __future__ import annotations

import pytest

from poolapp.engine import PoolDraining, TaskAborted
from poolapp.engine.snapshot import describe
from tests.engine.desk import Desk

TINY = 0.000_01


# Pause


def test_nothing_begins_while_a_pool_is_paused():
    desk = Desk.with_workers(2)
    desk.submit("a")
    desk.pause()

    assert desk.submit_all("b", "c") == []
    assert desk.backlog() == ["b", "c"]
    assert desk.answer(1) == []
    assert desk.resume() == ["send 1: b", "send 2: c"]


def test_what_was_given_away_ahead_is_taken_back_by_a_pause():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit_all("a", "b", "c", expected=TINY)

    assert desk.pause() == ["take back from 1"]
    assert desk.take_back(1, 2) == []
    assert desk.queue(1) == ["b", "c"]
    assert desk.answer(1) == []
    assert desk.resume() == ["send 1: b c"]


def test_a_paused_pool_replaces_its_workers_and_loses_nothing():
    desk = Desk.with_workers(1)
    desk.submit_all("a", "b")
    desk.pause()

    assert desk.exit(1) == ["fail a: WorkerLost", "spawn 2 in slot 0"]
    assert desk.ready(2) == []
    assert desk.backlog() == ["b"]
    assert desk.resume() == ["send 2: b"]


def test_a_paused_pool_does_not_grow():
    desk = Desk(min_size=0, max_size=2)
    desk.start()
    desk.pause()

    assert desk.submit_all("a", "b") == []
    assert desk.resume() == ["spawn 1 in slot 0"]


# Drain


def test_a_pool_that_is_drained_finishes_what_it_has_and_takes_nothing():
    desk = Desk.with_workers(1)
    desk.submit_all("a", "b")

    assert desk.drain() == []
    with pytest.raises(PoolDraining, match=r"only finishes the tasks that it has; c was not taken"):
        desk.submit("c")
    assert not desk.scheduler.has_room(desk.tasks["c"]), "who waits for room waits until it is resumed"
    assert describe(desk.scheduler.state, "running") == "draining"
    assert desk.answer(1) == ["send 1: b"]
    assert desk.answer(1) == []
    assert describe(desk.scheduler.state, "running") == "drained"
    assert desk.resume() == []
    assert desk.submit("c") == ["send 1: c"]


def test_a_paused_pool_that_is_drained_goes_on():
    desk = Desk.with_workers(1)
    desk.pause()
    desk.submit("a")

    assert desk.drain() == ["send 1: a"]


def test_a_drained_pool_takes_nothing_under_other_options_either():
    desk = Desk.with_workers(1)
    desk.drain()
    desk.resize(2)

    with pytest.raises(PoolDraining):
        desk.submit("a")


# Size


def test_a_pool_can_be_made_larger():
    desk = Desk.with_workers(1)
    desk.submit_all("a", "b")

    assert desk.resize(2) == ["spawn 2 in slot 1"]
    assert desk.ready(2) == ["send 2: b"]


def test_a_pool_can_be_made_smaller_and_loses_nothing():
    desk = Desk.with_workers(3)
    desk.submit_all("a", "b", "c", "d", "e", "f")

    assert desk.resize(1) == []
    assert desk.queue(1) == ["d", "e", "f"]
    assert desk.answer(2) == ["stop 2"]
    assert desk.answer(3) == ["stop 3"]
    assert desk.exit(2) == desk.exit(3) == []
    assert desk.snapshot()["worker_nodes"] == 1


def test_a_fixed_pool_can_become_a_dynamic_one_and_shrinks_when_idle():
    desk = Desk.with_workers(3, max_inactive_time=10.0)

    assert desk.resize(1, 3) == []
    assert desk.snapshot()["type"] == "dynamic"
    assert [worker["dynamic"] for worker in desk.snapshot()["workers"]] == [False, True, True]
    assert desk.tick(10.0) == ["stop 2", "stop 3"]


def test_a_dynamic_pool_can_become_a_fixed_one():
    desk = Desk(min_size=1, max_size=3)
    desk.start()
    desk.ready(1)

    assert desk.resize(3) == ["spawn 2 in slot 1", "spawn 3 in slot 2"]
    assert not any(worker["dynamic"] for worker in desk.snapshot()["workers"])


def test_tasks_for_slots_that_are_no_more_fail_and_say_so():
    desk = Desk.with_workers(3)
    desk.submit_all("a", "b", workers=[2])

    assert desk.resize(2) == ["fail b: TaskAborted"]
    assert isinstance(desk.settled["b"], TaskAborted)
    assert str(desk.settled["b"]) == "b may only run in slots (2,), which the pool no longer has"
    assert desk.answer(3) == ["stop 3"]


def test_a_new_slot_weighs_as_much_as_the_others_on_average():
    desk = Desk.with_workers(2, strategy="weighted_round_robin", strategy_options={"weights": [1, 3]})

    desk.resize(3)
    assert desk.options.strategy_options.weights == {0: 1, 1: 3, 2: 2}
    desk.resize(1)
    assert desk.options.strategy_options.weights == {0: 1}


def test_a_pool_that_may_be_empty_tells_when_it_is():
    desk = Desk(min_size=0, max_size=1, max_inactive_time=10.0)
    desk.start()
    desk.submit("a")
    desk.ready(1)
    desk.answer(1)
    desk.tick(10.0)
    assert "empty" not in desk.take_told()

    desk.exit(1)

    assert "empty" in desk.take_told()


# Strategy


def test_a_change_of_strategy_begins_without_a_past_but_not_without_what_runs():
    desk = Desk.with_workers(2)
    desk.submit_all("a", "b", "c")
    desk.answer(1)
    desk.answer(2, error=ValueError("b"))
    before = desk.snapshot()

    desk.set_strategy("round_robin")

    snapshot = desk.snapshot()
    assert (before["workers"][0]["executed"], before["workers"][1]["failed"]) == (1, 1)
    assert [(worker["executed"], worker["failed"]) for worker in snapshot["workers"]] == [(0, 0), (0, 0)]
    assert (snapshot["executing_tasks"], snapshot["workers"][0]["executing"]) == (1, 1)
    assert snapshot["run_time"]["aggregate"] == 0
    assert snapshot["run_time"]["average"] is None
    assert (snapshot["executed_tasks"], snapshot["failed_tasks"]) == (1, 1), "the books are the pool's"

    desk.answer(1)
    assert desk.snapshot()["workers"][0]["executing"] == 0


def test_setting_the_same_strategy_again_begins_anew():
    desk = Desk.with_workers(3, strategy="round_robin")
    desk.submit("a")

    desk.set_strategy("round_robin")
    desk.answer(1)

    assert desk.submit("b") == ["send 1: b"]


def test_queued_tasks_are_kept_when_the_strategy_changes():
    desk = Desk.with_workers(1)
    desk.submit_all("a", "b", "c")

    desk.set_strategy("fair_share")

    assert desk.queue(1) == ["b", "c"]
    assert desk.answer(1) == ["send 1: b"]


# Queue


def test_a_higher_concurrency_speeds_up_what_waits_already():
    desk = Desk.with_workers(1)
    desk.submit_all("a", "b", "c", "d")

    assert desk.set_queue_options(concurrency=3) == ["widen 1 to 3"]
    assert desk.widened(1, 3) == ["send 1: b", "send 1: c"]
    assert desk.answer_batches(1, 2) == ["send 1: d"]


def test_a_lower_concurrency_lets_what_runs_end():
    desk = Desk.with_workers(1, queue={"concurrency": 2})
    desk.submit_all("a", "b", "c")

    assert desk.set_queue_options(concurrency=1) == []
    assert desk.answer_batches(1, 1) == []
    assert desk.answer_batches(1, 2) == ["send 1: c"]


def test_a_worker_that_becomes_wide_is_given_nothing_ahead_any_more():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit("a", expected=TINY)
    desk.set_queue_options(concurrency=2)

    assert desk.submit_all("b", "c", expected=TINY) == []
    assert desk.widened(1, 2) == ["send 1: b"]


def test_turning_stealing_on_lets_the_idle_help_at_once():
    desk = Desk.with_workers(2, queue={"task_stealing": False})
    desk.submit_all("a", "b", "a1")
    desk.answer(2)
    assert desk.queue(1) == ["a1"]

    assert desk.set_queue_options(task_stealing=True) == ["send 2: a1"]


def test_a_lower_threshold_is_noticed_at_once():
    desk = Desk.with_workers(1, queue={"size": 5})
    desk.submit_all("a", "b", "c")
    desk.take_told()

    desk.set_queue_options(size=2)
    assert desk.take_told() == ["back_pressure"]
    desk.set_queue_options(enabled=False)
    assert desk.take_told() == ["back_pressure_end"]


@pytest.mark.parametrize("factor, first", [(1.0, "patient"), (0.0, "urgent")])
def test_ageing_is_a_matter_of_options(factor: float, first: str):
    desk = Desk.with_workers(1)
    desk.set_queue_options(aging_factor=factor)
    desk.submit("a")
    desk.submit("patient", priority=1)
    desk.tick(60.0)
    desk.submit("urgent")

    assert desk.queue(1)[0] == first
