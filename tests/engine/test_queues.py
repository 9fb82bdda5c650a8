"""The queue of a node, against what a plain list would do."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from poolapp.engine.queues import TaskQueue
from poolapp.engine.tasks import KnownFunction, Task, TaskFunction

KNOWN = KnownFunction(TaskFunction(print, "print"))


def make_task() -> Task:
    return Task(KNOWN, (), {}, 0.0)


@pytest.fixture
def tasks() -> list[Task]:
    return [make_task() for _ in range(4)]


@pytest.fixture
def queue(tasks: list[Task]) -> TaskQueue:
    queue = TaskQueue()
    for task in tasks:
        queue.push(task)
    return queue


def test_the_first_in_is_the_first_out(queue: TaskQueue, tasks: list[Task]):
    assert [queue.pop() for _ in tasks] == tasks


def test_the_first_can_be_looked_at(queue: TaskQueue, tasks: list[Task]):
    assert queue.first() is tasks[0]
    assert len(queue) == 4


def test_the_last_are_taken_in_their_order(queue: TaskQueue, tasks: list[Task]):
    assert queue.pop_last(2) == tasks[2:]
    assert list(queue) == tasks[:2]


def test_tasks_go_back_to_the_front_in_their_order(queue: TaskQueue, tasks: list[Task]):
    earlier = [make_task(), make_task()]

    queue.push_front(earlier)

    assert list(queue) == earlier + tasks


def test_a_task_is_removed_from_the_middle(queue: TaskQueue, tasks: list[Task]):
    queue.remove(tasks[1])

    assert list(queue) == [tasks[0], tasks[2], tasks[3]]
    assert tasks[1] not in queue


def test_a_task_that_is_not_there_cannot_be_removed(queue: TaskQueue):
    with pytest.raises(KeyError):
        queue.remove(make_task())


def test_the_peak_is_the_most_that_ever_waited(queue: TaskQueue):
    queue.clear()
    queue.push(make_task())

    assert queue.peak == 4


def test_tasks_that_go_back_count_for_the_peak(queue: TaskQueue):
    queue.push_front([make_task()])

    assert queue.peak == 5


class QueueMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.queue = TaskQueue()
        self.model: list[Task] = []
        self.peak = 0

    @rule()
    def push(self) -> None:
        self.model.append(make_task())
        self.queue.push(self.model[-1])

    @rule(count=st.integers(0, 4))
    def push_front(self, count: int) -> None:
        tasks = [make_task() for _ in range(count)]
        self.model[:0] = tasks
        self.queue.push_front(tasks)

    @precondition(lambda self: self.model)
    @rule()
    def pop(self) -> None:
        assert self.queue.first() is self.model[0]
        assert self.queue.pop() is self.model.pop(0)

    @rule(data=st.data())
    def pop_last(self, data: st.DataObject) -> None:
        start = data.draw(st.integers(0, len(self.model)), label="from")
        assert self.queue.pop_last(len(self.model) - start) == self.model[start:]
        del self.model[start:]

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        task = self.model.pop(data.draw(st.integers(0, len(self.model) - 1), label="which"))
        self.queue.remove(task)

    @rule()
    def clear(self) -> None:
        assert self.queue.clear() == self.model
        self.model.clear()

    @invariant()
    def both_are_the_same(self) -> None:
        self.peak = max(self.peak, len(self.model))
        assert list(self.queue) == self.model
        assert len(self.queue) == len(self.model)
        assert bool(self.queue) == bool(self.model)
        assert all(task in self.queue for task in self.model)
        assert self.queue.peak == self.peak


TestTaskQueue = QueueMachine.TestCase
TestTaskQueue.settings = settings(settings.default, max_examples=50, stateful_step_count=30)
