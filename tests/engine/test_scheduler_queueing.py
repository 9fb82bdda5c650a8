"""How tasks wait: priorities, slots, thresholds, limits, and several at once."""

from __future__ import annotations

import pytest

from poolapp.engine import InvalidOption, QueueFull, WorkerStartFailed
from tests.engine.desk import Desk

TINY = 0.000_01


# Priority


def test_a_more_urgent_task_goes_before_those_that_wait():
    desk = Desk.with_workers(1)
    desk.submit_all("a", "b", "c")
    desk.submit("urgent", priority=-1)
    desk.submit("patient", priority=1)

    assert desk.queue(1) == ["urgent", "b", "c", "patient"]
    assert desk.answer(1) == ["send 1: urgent"]


def test_who_has_waited_for_long_enough_goes_first():
    desk = Desk.with_workers(1)
    desk.submit("a")
    desk.submit("patient", priority=5)
    desk.tick(6.0)
    desk.submit("urgent", priority=0)

    assert desk.queue(1) == ["patient", "urgent"]


def test_an_urgent_task_goes_before_what_was_given_away_ahead_of_its_time():
    desk = Desk.with_workers(1, ahead=True)
    desk.submit_all("a", "b", "c", expected=TINY)

    assert desk.submit("urgent", expected=TINY, priority=-5) == ["take back from 1"]
    desk.take_back(1, 2)
    assert desk.answer(1) == ["send 1: urgent b c"]


def test_the_most_urgent_task_of_a_queue_is_stolen_first():
    desk = Desk.with_workers(2, strategy="round_robin")
    desk.submit_all("a", "b", "a1", "b1", "a2", "b2")
    desk.submit("urgent", priority=-5)

    assert desk.queue(1) == ["urgent", "a1", "a2"]
    desk.answer(2, 1)
    desk.answer(2, 1)
    assert desk.answer(2) == ["send 2: urgent"]


# Slots


def test_a_task_that_is_bound_to_a_slot_runs_there_only():
    desk = Desk.with_workers(3)

    assert desk.submit("a", workers=[1]) == ["send 2: a"]
    assert desk.submit("b", workers=[1]) == []
    assert desk.queue(2) == ["b"], "others have nothing to do, and yet leave it alone"
    assert desk.answer(2) == ["send 2: b"]


def test_a_task_that_is_bound_to_some_slots_is_stolen_within_them():
    desk = Desk.with_workers(3)
    desk.submit_all("a", "b", "c", "d", workers=[0, 1])

    assert (desk.queue(1), desk.queue(2), desk.queue(3)) == (["c"], ["d"], [])
    desk.answer(2)
    assert desk.answer(2) == ["send 2: c"]


def test_a_slot_keeps_its_tasks_when_its_worker_is_replaced():
    desk = Desk.with_workers(2)
    desk.submit_all("a", "b", workers=[1])

    assert desk.exit(2) == ["fail a: WorkerLost", "spawn 3 in slot 1"]
    assert desk.backlog() == ["b"]
    assert desk.ready(3) == ["send 3: b"]


def test_a_dynamic_pool_starts_a_worker_in_the_slot_that_is_asked_for():
    desk = Desk(min_size=1, max_size=4)
    desk.start()
    desk.ready(1)

    assert desk.submit("a", workers=[2, 3]) == ["spawn 2 in slot 2"]
    assert desk.ready(2) == ["send 2: a"]
    assert desk.submit("b", workers=[2]) == []
    assert desk.queue(2) == ["b"]
    assert desk.submit("c", workers=[2, 3]) == ["spawn 3 in slot 3"]


def test_tasks_for_several_slots_get_a_worker_each():
    desk = Desk(min_size=0, max_size=4)
    desk.start()

    assert desk.submit("a", workers=[3]) == ["spawn 1 in slot 3"]
    assert desk.submit("b", workers=[1]) == ["spawn 2 in slot 1"]


@pytest.mark.parametrize("slots", [[2], [0, 2]])
def test_a_task_cannot_be_bound_to_a_slot_that_the_pool_does_not_have(slots: list[int]):
    desk = Desk.with_workers(2)

    with pytest.raises(InvalidOption, match="workers must be slots below max_size, here 2, not 2"):
        desk.submit("a", workers=slots)


def test_tasks_are_not_kept_waiting_for_a_slot_in_which_no_worker_can_be_started():
    desk = Desk.with_workers(2)
    desk.exit(2)
    desk.submit("a", workers=[1])
    desk.submit("b", workers=[0, 1])

    for node_id in (3, 4, 5):
        desk.exit(node_id, error="no such module")
        desk.tick(10.0)

    assert isinstance(desk.settled["a"], WorkerStartFailed)
    assert "b" not in desk.settled
    assert desk.committed(1) == ["b"]


def test_a_strategy_of_its_own_chooses_the_worker_of_a_task():
    desk = Desk.with_workers(3)

    sent = [desk.submit(name, strategy="round_robin") for name in "abc"]

    assert sent == [["send 1: a"], ["send 2: b"], ["send 3: c"]]
    for node_id in (1, 2, 3):
        desk.answer(node_id)
    assert desk.submit("d") == ["send 1: d"], "least used, as ever"
    assert desk.submit("e", strategy="round_robin") == ["send 2: e"], "the first is its turn, but the second is idle"


# Thresholds


def test_back_pressure_begins_when_every_queue_is_long_and_ends_when_one_is_not():
    desk = Desk.with_workers(2, queue={"size": 2})
    desk.submit_all("a", "b", "a1", "b1", "a2")
    assert "back_pressure" not in desk.take_told()

    desk.submit("b2")
    assert desk.take_told() == ["back_pressure"]
    snapshot = desk.snapshot()
    assert (snapshot["back_pressure"], snapshot["back_pressure_worker_nodes"]) == (True, 2)

    desk.answer(1)
    assert desk.take_told() == ["back_pressure_end"]
    assert desk.snapshot()["events"]["back_pressure"] == 1


def test_the_threshold_is_the_square_of_the_largest_size_unless_given():
    desk = Desk.with_workers(2)
    desk.submit_all(*(f"t{number}" for number in range(2 + 7)))
    assert "back_pressure" not in desk.take_told()

    desk.submit("last")

    assert desk.take_told() == ["back_pressure"]


def test_a_dynamic_pool_is_not_under_back_pressure_before_it_is_full():
    desk = Desk(min_size=1, max_size=2, queue={"size": 1})
    desk.start()
    desk.ready(1)
    desk.submit_all("a", "b", "c")
    assert "back_pressure" not in desk.take_told()

    desk.ready(2)
    desk.submit_all("d", "e")

    assert "back_pressure" in desk.take_told()


def test_a_queue_that_is_too_long_keeps_what_is_bound_to_its_slot():
    desk = Desk.with_workers(3, queue={"size": 3, "task_stealing_on_back_pressure": True})
    desk.submit_all("x", "y", "z", "x1", workers=[0])
    desk.submit_all("b", workers=[1])
    desk.submit_all("c", workers=[2])

    desk.submit("free", workers=[0])

    assert desk.snapshot()["stolen_tasks"] == 0, "they are bound"


def test_a_queue_that_is_too_long_gives_one_task_to_each_of_the_others():
    desk = Desk.with_workers(3, strategy="weighted_round_robin", queue={"size": 3})
    desk.submit("a", workers=[0])
    desk.submit("b", workers=[1])
    desk.submit("c", workers=[2])
    desk.set_strategy("weighted_round_robin", weights=[1000, 1, 1])
    desk.submit_all("a1", "a2")
    assert desk.queue(1) == ["a1", "a2"]

    desk.submit("a3")

    assert (desk.queue(1), desk.queue(2), desk.queue(3)) == (["a3"], ["a1"], ["a2"])
    assert desk.snapshot()["stolen_tasks"] == 2


@pytest.mark.parametrize(
    "options",
    [
        {"task_stealing": False},
        {"task_stealing_on_back_pressure": False},
        {"task_stealing_ratio": 0},
        {"enabled": False},
    ],
)
def test_a_queue_keeps_its_tasks_where_the_options_say_so(options: dict):
    desk = Desk.with_workers(
        2, strategy="weighted_round_robin", strategy_options={"weights": [1000, 1]}, queue={"size": 2, **options}
    )
    desk.submit("b", workers=[1])

    desk.submit_all("a", "a1", "a2", "a3")

    assert desk.queue(1) == ["a1", "a2", "a3"]


# Limits


def test_what_cannot_wait_is_refused():
    desk = Desk.with_workers(1, queue={"limit": 1})
    desk.submit_all("a", "b")

    with pytest.raises(QueueFull, match=r"1 tasks wait, as many as queue\.limit allows; c was not taken"):
        desk.submit("c")
    assert desk.snapshot()["submitted_tasks"] == 2
    desk.answer(1)
    desk.submit("c")


def test_what_need_not_wait_is_never_refused():
    desk = Desk.with_workers(2, queue={"limit": 1, "task_stealing": False})
    desk.submit_all("a", "b", workers=[0])

    assert desk.submit("c") == ["send 2: c"]


def test_tasks_that_a_worker_was_given_ahead_of_their_time_count_as_waiting():
    desk = Desk.with_workers(1, ahead=True, queue={"limit": 2})
    desk.submit_all("a", "b", "c", expected=TINY)

    with pytest.raises(QueueFull):
        desk.submit("d")


# Several at once


def test_a_worker_is_asked_to_become_wide_and_given_nothing_before_it_is():
    desk = Desk(min_size=1, queue={"concurrency": 2})
    desk.start()

    assert desk.ready(1) == ["widen 1 to 2"]
    assert desk.submit_all("a", "b", "c") == []
    assert not desk.snapshot()["ready"]
    assert desk.widened(1, 2) == ["send 1: a", "send 1: b"]
    assert desk.snapshot()["ready"]
    assert (desk.snapshot()["executing_tasks"], desk.snapshot()["queued_tasks"]) == (2, 1)
    assert desk.answer_batches(1, 2) == ["send 1: c"]


def test_a_wide_worker_is_busy_when_it_runs_as_many_as_it_may():
    desk = Desk.with_workers(1, queue={"concurrency": 2})

    desk.submit("a")
    assert desk.take_told() == []
    desk.submit("b")
    assert desk.take_told() == ["busy"]
    desk.answer_batches(1, 2)
    assert desk.take_told() == ["busy_end"]


def test_a_wide_worker_with_room_steals():
    desk = Desk.with_workers(2, queue={"concurrency": 2})
    desk.submit_all("a", "b", "a1", "b1", "a2", "b2")
    assert (desk.queue(1), desk.queue(2)) == (["a2"], ["b2"])

    assert desk.answer_batches(1, 1) == ["send 1: a2"]
    assert desk.answer_batches(1, 2) == ["send 1: b2"]


def test_a_worker_that_cannot_become_so_wide_works_all_the_same():
    desk = Desk(min_size=1, queue={"concurrency": 3})
    desk.start()
    desk.ready(1)

    assert desk.widened(1, 2) == []
    assert desk.submit_all("a", "b", "c") == ["send 1: a", "send 1: b"]


def test_who_replaces_a_worker_is_given_its_work_once_it_is_as_wide():
    desk = Desk.with_workers(1, queue={"concurrency": 2})
    desk.submit_all("a", "b", "c")
    desk.restart(1)

    assert desk.ready(2) == ["widen 2 to 2"]
    assert desk.widened(2, 2) == ["send 2: c"], "the old worker finishes what it runs"


def test_a_worker_that_becomes_wide_takes_as_much_as_it_has_room_for():
    desk = Desk.with_workers(2)
    desk.submit_all("a", "b", "a1", "b1", "a2")
    desk.set_queue_options(concurrency=3)

    assert desk.widened(2, 3) == ["send 2: b1", "send 2: a1"], "its own, then one of the two that wait for the other"


def test_without_a_queue_tasks_stay_with_the_worker_that_was_chosen():
    desk = Desk.with_workers(2, queue=False)
    desk.submit_all("a", "b", "a1", "b1")

    desk.answer(2)

    assert desk.answer(2) == []
    assert desk.queue(1) == ["a1"]
    assert desk.snapshot()["back_pressure"] is False


def test_who_dies_before_it_is_wide_has_failed_to_start():
    desk = Desk(min_size=1, queue={"concurrency": 2})
    desk.start()
    desk.ready(1)

    assert desk.exit(1) == []
    assert desk.tick(0.1) == ["spawn 2 in slot 0"]
    desk.ready(2)
    assert desk.exit(2) == []
    assert desk.tick(0.1) == [], "the pauses become longer"
