"""A node's books: what was given to its worker, answered, taken back, left behind."""

from __future__ import annotations

import pytest

from poolapp.engine.node import BATCH_NUMBERS, NodeState, WorkerNode
from poolapp.engine.tasks import KnownFunction, Task, TaskFunction


def make_tasks(count: int) -> list[Task]:
    known = KnownFunction(TaskFunction(print, "print"))
    return [Task(known, (), {}, 0.0) for _ in range(count)]


@pytest.fixture
def node() -> WorkerNode:
    node = WorkerNode(7, 2, dynamic=True, now=1.0)
    node.state = NodeState.READY
    return node


def test_a_new_node_has_nothing_to_do(node: WorkerNode):
    assert (node.executing, node.queued, node.load) == (0, 0, 0)
    assert node.front() is None
    assert node.label == "idle"


def test_the_first_committed_task_runs_and_the_others_wait(node: WorkerNode):
    tasks = make_tasks(4)

    node.commit(tasks[:3], 0.0, 2.0)
    node.queue.push(tasks[3])

    assert (node.executing, node.queued, node.load) == (1, 3, 4)
    assert node.front() is tasks[0]
    assert node.front_since == 2.0
    assert node.label == "busy"


def test_answers_come_in_the_order_of_the_tasks(node: WorkerNode):
    tasks = make_tasks(3)
    node.commit(tasks[:2], 0.0, 2.0)
    node.commit(tasks[2:], 0.0, 2.5)

    assert [node.answer(3.0), node.answer(4.0), node.answer(5.0)] == tasks
    assert node.front_since == 5.0
    assert (node.committed, len(node.batches)) == (0, 0)


def test_tasks_come_back_from_the_end_of_their_batch(node: WorkerNode):
    tasks = make_tasks(5)
    first = node.commit(tasks[:3], 0.0, 2.0)
    second = node.commit(tasks[3:], 0.0, 2.0)

    assert [node.take_back(number) for number in (first.number, second.number, second.number)] == [
        tasks[2],
        tasks[4],
        tasks[3],
    ]
    assert (node.committed, len(node.batches)) == (2, 1)


def test_a_batch_of_which_everything_was_answered_or_came_back_is_gone(node: WorkerNode):
    tasks = make_tasks(3)
    first = node.commit(tasks[:2], 0.0, 2.0)
    node.commit(tasks[2:], 0.0, 2.0)
    node.answer(3.0)

    node.take_back(first.number)

    assert node.front() is tasks[2]
    assert node.answer(4.0) is tasks[2]


def test_what_is_left_behind_is_what_was_neither_answered_nor_taken_back(node: WorkerNode):
    tasks = make_tasks(5)
    first = node.commit(tasks[:3], 0.0, 2.0)
    node.commit(tasks[3:], 0.0, 2.0)
    node.answer(3.0)
    node.take_back(first.number)

    assert node.abandon() == [tasks[1], tasks[3], tasks[4]]
    assert node.committed == 0


def test_the_numbers_of_batches_fit_into_a_byte(node: WorkerNode):
    numbers = []
    for task in make_tasks(BATCH_NUMBERS + 1):
        numbers.append(node.commit([task], 0.0, 0.0).number)
        node.answer(0.0)

    assert set(numbers) == set(range(BATCH_NUMBERS))
    assert numbers[0] == numbers[-1]


def test_unanswered_batches_are_counted_also_when_they_came_back(node: WorkerNode):
    for task in make_tasks(3):
        node.take_back(node.commit([task], 0.0, 0.0).number)
    node.commit(make_tasks(1), 0.0, 0.0)

    assert node.unanswered_batches == 4
    node.answer(0.0)
    assert node.unanswered_batches == 0


def test_unanswered_batches_are_counted_when_numbers_come_round(node: WorkerNode):
    for task in make_tasks(BATCH_NUMBERS - 2):
        node.commit([task], 0.0, 0.0)
        node.answer(0.0)

    for task in make_tasks(4):
        node.commit([task], 0.0, 0.0)

    assert node.unanswered_batches == 4


@pytest.mark.parametrize(
    "state, label, present",
    [
        (NodeState.STARTING, "starting", True),
        (NodeState.READY, "idle", True),
        (NodeState.RETIRING, "retiring", False),
        (NodeState.GONE, "gone", False),
    ],
)
def test_every_state_has_a_word(node: WorkerNode, state: NodeState, label: str, present: bool):
    node.state = state

    assert node.label == label
    assert node.is_present is present


def test_its_text_is_a_status_line(node: WorkerNode):
    node.commit(make_tasks(2), 0.0, 0.0)

    assert repr(node) == "<WorkerNode 7 slot 2 busy: 1 executing, 1 queued, 0 executed>"
