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
    assert [batch.since for batch in node.running()] == [2.0]
    assert node.label == "busy"


def test_answers_come_in_the_order_of_the_tasks(node: WorkerNode):
    tasks = make_tasks(3)
    first = node.commit(tasks[:2], 0.0, 2.0)
    second = node.commit(tasks[2:], 0.0, 2.5)

    assert [node.answer(first.number, 3.0), node.answer(first.number, 4.0)] == tasks[:2]
    assert second.since == 4.0, "it begins when what was before it ends"
    assert node.answer(second.number, 5.0) is tasks[2]
    assert (node.committed, len(node.batches)) == (0, 0)


def test_several_run_at_once_in_a_wide_worker_and_end_in_any_order(node: WorkerNode):
    node.width = node.quota = 2
    tasks = make_tasks(2)
    first, second = (node.commit([task], 0.0, 2.0) for task in tasks)

    assert (node.executing, node.queued, node.is_full, node.runs_ahead) == (2, 0, True, False)
    assert node.answer(second.number, 3.0) is tasks[1]
    assert list(node.running()) == [first]
    assert (first.since, node.is_full) == (2.0, False)


def test_an_answer_to_no_batch_is_none(node: WorkerNode):
    batch = node.commit(make_tasks(1), 0.0, 2.0)
    node.answer(batch.number, 3.0)

    assert node.answer(batch.number, 4.0) is None
    assert node.committed == 0


def test_a_task_that_was_given_up_leaves_the_others(node: WorkerNode):
    node.width = 2
    tasks = make_tasks(2)
    first, second = (node.commit([task], 0.0, 2.0) for task in tasks)

    node.give_up(first)

    assert (node.committed, node.runs(tasks[0]), node.runs(tasks[1])) == (1, None, second)


def test_a_task_in_its_hands_is_known_by_its_batch_and_its_place_in_it(node: WorkerNode):
    tasks = make_tasks(3)
    batch = node.commit(tasks, 0.0, 2.0)
    node.answer(batch.number, 3.0)

    assert [node.task_at(batch.number, index) for index in range(4)] == [None, *tasks[1:], None]
    assert node.task_at(batch.number + 1, 0) is None


def test_tasks_come_back_from_the_end_of_their_batch(node: WorkerNode):
    tasks = make_tasks(5)
    first = node.commit(tasks[:3], 0.0, 2.0)
    second = node.commit(tasks[3:], 0.0, 2.0)

    assert [node.take_back(number, 3.0) for number in (first.number, second.number, second.number)] == [
        tasks[2],
        tasks[4],
        tasks[3],
    ]
    assert (node.committed, len(node.batches)) == (2, 1)


def test_a_batch_of_which_everything_was_answered_or_came_back_is_gone(node: WorkerNode):
    tasks = make_tasks(3)
    first = node.commit(tasks[:2], 0.0, 2.0)
    second = node.commit(tasks[2:], 0.0, 2.0)
    node.answer(first.number, 3.0)

    node.take_back(first.number, 3.0)

    assert node.front() is tasks[2]
    assert node.answer(second.number, 4.0) is tasks[2]


def test_what_is_left_behind_is_what_was_neither_answered_nor_taken_back(node: WorkerNode):
    tasks = make_tasks(5)
    first = node.commit(tasks[:3], 0.0, 2.0)
    node.commit(tasks[3:], 0.0, 2.0)
    node.answer(first.number, 3.0)
    node.take_back(first.number, 3.0)

    assert node.abandon() == [tasks[1], tasks[3], tasks[4]]
    assert node.committed == 0


def test_the_numbers_of_batches_fit_into_a_byte(node: WorkerNode):
    numbers = []
    for task in make_tasks(BATCH_NUMBERS + 1):
        numbers.append(node.commit([task], 0.0, 0.0).number)
        node.answer(numbers[-1], 0.0)

    assert set(numbers) == set(range(1, BATCH_NUMBERS + 1))
    assert numbers[0] == numbers[-1]


def test_unanswered_batches_are_counted_also_when_they_came_back(node: WorkerNode):
    for task in make_tasks(3):
        node.take_back(node.commit([task], 0.0, 0.0).number, 0.0)
    batch = node.commit(make_tasks(1), 0.0, 0.0)

    assert node.unanswered_batches == 4
    node.answer(batch.number, 0.0)
    assert node.unanswered_batches == 0


def test_unanswered_batches_are_counted_when_numbers_come_round(node: WorkerNode):
    for task in make_tasks(BATCH_NUMBERS - 2):
        node.answer(node.commit([task], 0.0, 0.0).number, 0.0)

    for task in make_tasks(4):
        node.commit([task], 0.0, 0.0)

    assert node.unanswered_batches == 4


def test_a_batch_that_is_read_late_tells_nothing_new(node: WorkerNode):
    node.width = 3
    numbers = [node.commit([task], 0.0, 0.0).number for task in make_tasks(3)]

    node.answer(numbers[2], 0.0)
    node.answer(numbers[0], 0.0)

    assert node.unanswered_batches == 0, "who has read the third has read the first"


def test_the_number_of_a_task_that_runs_for_long_is_not_given_twice(node: WorkerNode):
    node.width = 2
    long = node.commit(make_tasks(1), 0.0, 0.0)

    numbers = [node.commit([task], 0.0, 0.0).number for task in make_tasks(1)]
    for task in make_tasks(BATCH_NUMBERS):
        node.answer(numbers[-1], 0.0)
        numbers.append(node.commit([task], 0.0, 0.0).number)

    assert long.number not in numbers


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
