"""What the reference asks of queues, thefts and growth, where no other test shows it; see docs/parity.md."""

from __future__ import annotations

import pytest

from poolapp.engine.stealing import STOLEN_AT_ONCE
from tests.engine.desk import Desk

HEAVY_FIRST = {"weights": [1000, 1, 1, 1, 1]}


def names(count: int) -> list[str]:
    return [f"t{number}" for number in range(count)]


# Submitting


def test_submitting_fills_every_worker_up_to_its_concurrency_before_anything_waits():
    desk = Desk.with_workers(2, queue={"concurrency": 2})

    desk.submit_all(*names(6))

    rows = desk.snapshot()["workers"]
    assert [(row["executing"], row["queued"]) for row in rows] == [(2, 1), (2, 1)]


def test_a_worker_takes_all_that_its_concurrency_allows_when_it_has_answered():
    desk = Desk.with_workers(1, queue={"concurrency": 3})
    desk.submit_all(*names(8))

    sent = desk.answer(1, 3)

    assert sent == ["send 1: t3", "send 1: t4", "send 1: t5"]


def test_without_a_queue_a_worker_still_runs_no_more_than_it_may():
    desk = Desk.with_workers(3, queue=False)

    desk.submit_all(*names(6))

    rows = desk.snapshot()["workers"]
    assert [(row["executing"], row["queued"]) for row in rows] == [(1, 1)] * 3


def test_turning_the_queue_off_leaves_every_task_where_it_waits():
    desk = Desk.with_workers(2)
    desk.submit_all("a", "b", "a1", "b1", "a2", "b2")

    assert desk.set_queue_options(enabled=False) == []

    assert (desk.queue(1), desk.queue(2)) == (["a1", "a2"], ["b1", "b2"])
    assert [desk.answer(2) for _ in range(3)] == [["send 2: b1"], ["send 2: b2"], []]
    assert desk.queue(1) == ["a1", "a2"], "nobody takes them any more"
    assert desk.snapshot()["max_queued_tasks"] == 4


# Stealing


@pytest.mark.parametrize("ratio, thieves", [(0.0, 0), (0.2, 2), (0.4, 3), (0.6, 4), (1.0, 4)])
def test_so_many_of_five_workers_relieve_a_queue_as_the_ratio_allows(ratio: float, thieves: int):
    desk = Desk.with_workers(
        5,
        strategy="weighted_round_robin",
        strategy_options=HEAVY_FIRST,
        queue={"size": 5, "task_stealing_ratio": ratio},
    )
    for slot in range(1, 5):
        desk.submit(f"busy {slot}", workers=[slot])
    desk.submit("busy 0")

    desk.submit_all(*names(5))

    relieved = [len(desk.queue(node_id)) for node_id in (2, 3, 4, 5)]
    assert relieved == [1] * thieves + [0] * (4 - thieves)
    assert desk.snapshot()["stolen_tasks"] == thieves


def test_a_threshold_of_one_leaves_nothing_to_relieve_with():
    desk = Desk.with_workers(
        2, queue={"size": 1}, strategy="weighted_round_robin", strategy_options={"weights": [9, 1]}
    )
    desk.submit("busy", workers=[1])

    desk.submit_all("a", "a1")

    assert (desk.queue(1), desk.queue(2)) == (["a1"], [])


def test_a_thief_takes_a_limited_number_of_tasks_at_a_time():
    desk = Desk(min_size=1, max_size=2)
    desk.start()
    desk.ready(1)
    desk.submit_all(*names(3 * STOLEN_AT_ONCE))

    desk.ready(2)

    assert desk.nodes[2].usage.stolen == STOLEN_AT_ONCE == 256
    assert desk.snapshot()["stolen_tasks"] == desk.nodes[2].load


# Redistributing


def test_what_waited_for_a_dead_worker_goes_one_by_one_to_the_shortest_queue():
    desk = Desk.with_workers(
        3,
        strategy="weighted_round_robin",
        strategy_options={"weights": [1000, 1, 1]},
        queue={"task_stealing": False},
    )
    desk.submit_all("busy 1", "b1", "b2", workers=[1])
    desk.submit("busy 2", workers=[2])
    desk.submit_all("a", "a1", "a2", "a3", "a4")
    desk.set_strategy("least_used")

    desk.exit(1)

    assert (desk.queue(2), desk.queue(3)) == (["b1", "b2", "a3"], ["a1", "a2", "a4"])


def test_what_waited_for_a_dead_worker_begins_at_once_where_a_worker_is_idle():
    desk = Desk.with_workers(2, queue={"task_stealing": False})
    desk.submit_all("a", "b", "a1", "b1", "a2")
    desk.answer(2)
    desk.answer(2)

    assert desk.exit(1) == ["fail a: WorkerLost", "send 2: a1", "spawn 3 in slot 0"]
    assert desk.queue(2) == ["a2"]


# Growing and shrinking


def test_a_dynamic_pool_grows_by_one_with_each_task_that_has_to_wait():
    desk = Desk.with_workers(1, max_size=3)

    sizes = []
    for name in names(6):
        desk.submit(name)
        sizes.append(desk.snapshot()["worker_nodes"])
    desk.ready(2)
    desk.ready(3)

    assert sizes == [1, 2, 3, 3, 3, 3]
    rows = desk.snapshot()["workers"]
    assert [row["executing"] for row in rows] == [1, 1, 1]
    assert sum(row["queued"] for row in rows) == 3


def test_a_dynamic_pool_becomes_full_as_it_starts_its_last_worker_and_busy_when_that_works():
    desk = Desk.with_workers(1, max_size=2)
    desk.submit_all("a", "b", "c", "d")
    desk.ready(2)
    desk.submit("e")

    assert desk.told == ["full", "worker_online", "busy"]
    assert desk.snapshot()["events"] == {"busy": 1, "full": 1, "back_pressure": 0}


def test_a_worker_that_comes_later_begins_with_what_the_others_have_spent_at_least():
    desk = Desk.with_workers(2, max_size=3, strategy="least_busy")
    desk.submit_all("a", "b")
    desk.tick(5.0)
    desk.answer(1, run_time=4.0)
    desk.answer(2, run_time=2.0)
    desk.submit_all("c", "d", "e")

    desk.ready(3)

    newcomer = desk.nodes[3].usage
    assert (newcomer.run_time.total, newcomer.wait_time.total) == (2.0, 1.0)
    assert (newcomer.run_time.aggregate, newcomer.executed) == (0.0, 0)


def test_a_worker_beyond_the_minimum_that_found_nothing_to_do_ends_as_well():
    desk = Desk.with_workers(1, max_size=2, max_inactive_time=60.0)
    desk.submit_all("a", "b")
    desk.answer(1)
    desk.answer(1)
    desk.ready(2)

    assert desk.tick(59.9) == []
    assert desk.tick(0.1) == ["stop 2"]


def test_a_dynamic_worker_that_dies_comes_back_only_for_tasks_that_wait():
    desk = Desk.with_workers(1, max_size=2)
    desk.submit_all("a", "b", "c")
    desk.ready(2)

    assert desk.exit(2) == ["fail b: WorkerLost", "spawn 3 in slot 1"]
    assert desk.nodes[3].dynamic
    desk.answer(1)
    desk.answer(1)
    assert desk.exit(3, error="no memory") == []


# Ageing


@pytest.mark.parametrize("exponent, first", [(1e-9, "patient"), (2 / 3, "urgent")])
def test_the_exponent_says_how_much_the_load_speeds_up_ageing(exponent: float, first: str):
    desk = Desk.with_workers(1, queue={"load_exponent": exponent})
    desk.submit("a")
    desk.submit("patient", priority=5)
    desk.tick(3.0)

    desk.submit("urgent")

    assert desk.queue(1)[0] == first
