"""Workers that are replaced after a number of tasks."""

from __future__ import annotations

import pytest

from tests.engine.desk import Desk

TINY = 0.000_001


def test_a_worker_for_one_task_is_replaced_as_soon_as_it_has_it():
    desk = Desk.with_workers(1, max_tasks_per_worker=1)

    assert desk.submit("a") == ["send 1: a", "recycle 1"]
    assert desk.submit("b") == []
    assert desk.recycle(1) == ["spawn 2 in slot 0"]
    assert desk.answer(1) == ["stop 1"]
    assert desk.ready(2) == ["send 2: b", "recycle 2"]


def test_the_successor_starts_before_the_worker_has_done_enough():
    desk = Desk.with_workers(1, max_tasks_per_worker=100)
    said: list[str] = []
    while "recycle 1" not in said:
        said = desk.submit(f"{len(desk.tasks)}")
        desk.answer(1)

    assert desk.nodes[1].tasks_left == 10
    assert desk.recycle(1) == ["spawn 2 in slot 0"]
    assert desk.submit("more") == ["send 1: more"]
    assert desk.ready(2) == []
    assert desk.answer(1) == ["stop 1"]


def test_no_batch_is_larger_than_what_a_worker_may_still_be_given():
    desk = Desk.with_workers(1, ahead=True, max_tasks_per_worker=4)
    desk.submit("first")
    desk.submit_all(*"abcdef", expected=TINY)
    desk.answer(1)

    assert desk.committed(1) == ["a", "b", "c"]
    assert desk.queue(1) == ["d", "e", "f"]


@pytest.mark.parametrize("most", [1, 2, 7, 30, 100])
def test_no_worker_is_given_more_than_it_may_do(most: int):
    desk = Desk.with_workers(2, ahead=True, max_tasks_per_worker=most)
    done: dict[int, int] = {}
    desk.submit_all(*map(str, range(200)), expected=TINY)
    while len(desk.settled) < 200:
        for node in list(desk.nodes.values()):
            if node.state.value == "starting":
                desk.ready(node.id)
            if node.tasks_left <= node.replace_at or node.quota == 0:
                desk.recycle(node.id)
            if node.committed:
                done[node.id] = done.get(node.id, 0) + 1
                desk.answer(node.id)
            elif node.ending_since is not None and node.state.value == "retiring":
                desk.exit(node.id, "retired")

    assert max(done.values()) <= most
    assert not any(desk.settled.values())


def test_workers_that_have_started_together_are_not_replaced_together():
    desk = Desk.with_workers(4, max_tasks_per_worker=100)

    assert len({node.tasks_left for node in desk.nodes.values()}) > 1
    assert all(90 <= node.tasks_left <= 100 for node in desk.nodes.values())


def test_a_task_that_was_taken_back_is_not_counted():
    desk = Desk.with_workers(1, ahead=True, max_tasks_per_worker=5)
    desk.submit_all("a", "b", "c", expected=TINY)
    left = desk.nodes[1].tasks_left
    desk.take_back(1, 2, withdraw="c")

    assert desk.nodes[1].tasks_left == left + 1


def test_workers_are_replaced_one_after_another():
    desk = Desk.with_workers(2, max_tasks_per_worker=100)

    assert desk.recycle(1) == ["spawn 3 in slot 0"]
    assert desk.recycle(2) == []
    assert desk.ready(3) == ["stop 1", "spawn 4 in slot 1"]
    assert desk.exit(1, "retired") == ["conclude"]


def test_a_worker_that_is_being_replaced_already_is_not_replaced_twice():
    desk = Desk.with_workers(1, max_tasks_per_worker=100)
    desk.restart(1)

    assert desk.recycle(1) == []
    assert desk.snapshot()["recycled_workers"] == 0
