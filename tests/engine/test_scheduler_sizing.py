"""How many workers there are: the minimum always, more while tasks wait, fewer when nothing happens."""

from __future__ import annotations

import pytest

from tests.engine.desk import Desk


def dynamic(minimum: int, maximum: int, **options: object) -> Desk:
    """A dynamic pool whose minimum is ready."""
    desk = Desk(min_size=minimum, max_size=maximum, max_inactive_time=60.0, **options)
    desk.start()
    for node_id in list(desk.nodes):
        desk.ready(node_id)
    return desk


def test_a_pool_starts_with_its_minimum():
    desk = Desk(min_size=2, max_size=4)

    assert desk.start() == ["spawn 1 in slot 0", "spawn 2 in slot 1"]


def test_a_fixed_pool_does_not_grow():
    desk = Desk.with_workers(1)
    desk.submit("a")

    assert desk.submit_all("b", "c") == []


def test_a_dynamic_pool_grows_when_a_task_has_to_wait():
    desk = dynamic(1, 3)

    assert desk.submit("a") == ["send 1: a"]
    assert desk.submit("b") == ["spawn 2 in slot 1"]


def test_a_pool_does_not_grow_by_more_than_what_waits():
    desk = dynamic(1, 8)
    desk.submit_all("a", "b")

    assert desk.tick(0.1) == []


def test_a_pool_does_not_grow_beyond_its_maximum():
    desk = dynamic(1, 3)

    assert desk.submit_all("a", "b", "c", "d", "e") == ["send 1: a", "spawn 2 in slot 1", "spawn 3 in slot 2"]


def test_a_new_worker_takes_over_what_waits():
    desk = dynamic(1, 3)
    desk.submit_all("a", "b", "c")

    assert desk.ready(2) == ["send 2: b"]
    assert desk.ready(3) == ["send 3: c"]


def test_a_worker_beyond_the_minimum_ends_after_some_time_without_work():
    desk = dynamic(1, 2)
    desk.submit_all("a", "b")
    desk.ready(2)
    desk.answer(1)
    desk.answer(2)

    assert desk.next_tick() == 60.0
    assert desk.tick(59.9) == []
    assert desk.tick(0.1) == ["stop 2"]
    assert desk.exit(2, "retired") == []


def test_work_keeps_a_worker_beyond_the_minimum():
    desk = dynamic(1, 2)
    desk.submit_all("a", "b")
    desk.ready(2)
    desk.answer(1)
    desk.tick(59.0)
    desk.answer(2)

    assert desk.tick(59.0) == []
    assert desk.next_tick() == 1.0


def test_a_busy_worker_beyond_the_minimum_stays():
    desk = dynamic(1, 2)
    desk.submit_all("a", "b")
    desk.ready(2)
    desk.answer(1)

    assert desk.tick(3600) == []


def test_a_retired_worker_that_does_not_end_is_killed():
    desk = dynamic(1, 2, stop_timeout=2.0)
    desk.submit_all("a", "b")
    desk.ready(2)
    desk.answer(1)
    desk.answer(2)
    desk.tick(60.0)

    assert desk.next_tick() == 2.0
    assert desk.tick(2.0) == ["kill 2"]


def test_the_minimum_stays_however_idle():
    desk = dynamic(2, 4)

    assert desk.tick(3600) == []
    assert desk.next_tick() is None


def test_a_pool_can_grow_again_after_it_has_shrunk():
    desk = dynamic(1, 2)
    desk.submit_all("a", "b")
    desk.ready(2)
    desk.answer(1)
    desk.answer(2)
    desk.tick(60.0)
    desk.exit(2, "retired")

    assert desk.submit_all("c", "d") == ["send 1: c", "spawn 3 in slot 1"]


def test_a_dead_permanent_worker_is_replaced_by_a_permanent_one():
    desk = dynamic(1, 2)
    desk.submit_all("a", "b")
    desk.ready(2)

    assert desk.exit(1) == ["fail a: WorkerLost", "spawn 3 in slot 0"]
    assert not desk.nodes[3].dynamic


# A minimum of none


def test_a_pool_without_a_minimum_starts_its_first_worker_for_its_first_task():
    desk = Desk(min_size=0, max_size=2)

    assert desk.start() == []
    assert desk.submit("a") == ["spawn 1 in slot 0"]
    assert desk.ready(1) == ["send 1: a"]


def test_a_pool_without_a_minimum_shrinks_to_nothing_and_comes_back():
    desk = Desk(min_size=0, max_size=2, max_inactive_time=60.0)
    desk.start()
    desk.submit("a")
    desk.ready(1)
    desk.answer(1)

    assert desk.tick(60.0) == ["stop 1"]
    desk.exit(1, "retired")
    assert desk.snapshot()["worker_nodes"] == 0
    assert desk.submit("b") == ["spawn 2 in slot 0"]


# Without replacement


@pytest.fixture
def unreplaced() -> Desk:
    """A pool of two that does not replace dead workers of its own accord."""
    return Desk.with_workers(2, restart_worker_on_error=False)


def test_a_dead_worker_is_not_replaced_while_nothing_waits(unreplaced: Desk):
    assert unreplaced.exit(1) == []
    assert unreplaced.tick(3600) == []


def test_a_worker_comes_back_when_a_task_has_to_wait(unreplaced: Desk):
    unreplaced.exit(1)

    assert unreplaced.submit("a") == ["send 2: a"]
    assert unreplaced.submit("b") == ["spawn 3 in slot 0"]


def test_a_worker_comes_back_for_what_waited_for_the_dead_one(unreplaced: Desk):
    unreplaced.submit_all("a", "b", "a1")

    assert unreplaced.exit(1) == ["fail a: WorkerLost", "spawn 3 in slot 0"]


def test_all_workers_come_back_one_by_one_with_the_work(unreplaced: Desk):
    unreplaced.exit(1)
    unreplaced.exit(2)

    assert unreplaced.submit_all("a", "b", "c") == ["spawn 3 in slot 0", "spawn 4 in slot 1"]


def test_a_worker_that_came_back_stays(unreplaced: Desk):
    unreplaced.exit(1)
    unreplaced.submit_all("a", "b")
    unreplaced.ready(3)
    unreplaced.answer(2)
    unreplaced.answer(3)

    assert unreplaced.tick(3600) == []
