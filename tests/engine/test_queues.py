"""The queue of a node, against what a plain sorted list would do."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from poolapp.engine.ageing import STEP_SECONDS, Ageing
from poolapp.engine.queues import TaskQueue, may_run
from poolapp.engine.tasks import KnownFunction, Task, TaskFunction

FUNCTIONS = {
    (priority, workers): KnownFunction(TaskFunction(print, "print", priority=priority, workers=workers))
    for priority in (-1, 0, 1)
    for workers in (None, (0,), (1, 2))
}


def make_task(priority: int = 0, workers: tuple[int, ...] | None = None, waited: float = 0.0) -> Task:
    task = Task(FUNCTIONS[priority, workers], (), {}, 0.0)
    task.rank = priority - waited
    return task


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


def test_tasks_go_back_to_the_front_in_their_order():
    queue = TaskQueue()
    earlier, later = [make_task(), make_task()], [make_task(), make_task()]
    for task in later:
        queue.push(task)

    queue.push_front(earlier)

    assert [queue.pop() for _ in range(4)] == earlier + later


def test_a_task_is_removed_from_the_middle(queue: TaskQueue, tasks: list[Task]):
    queue.remove(tasks[1])

    assert list(queue) == [tasks[0], tasks[2], tasks[3]]
    assert tasks[1] not in queue


def test_a_task_that_is_not_there_cannot_be_removed(queue: TaskQueue):
    with pytest.raises(KeyError):
        queue.remove(make_task())
    with pytest.raises(KeyError):
        queue.remove(make_task(priority=1))


def test_the_peak_is_the_most_that_ever_waited(queue: TaskQueue):
    queue.clear()
    queue.push(make_task())

    assert queue.peak == 4


def test_tasks_that_go_back_count_for_the_peak(queue: TaskQueue):
    queue.push_front([make_task()])

    assert queue.peak == 5


def test_the_most_urgent_goes_first_and_equals_keep_their_order():
    """Poolifier's example: 1, 2, 3, then a with -1 and b with +1."""
    queue = TaskQueue()
    one, two, three, a, b = (make_task(priority) for priority in (0, 0, 0, -1, 1))
    for task in (one, two, three, a, b):
        queue.push(task)

    assert [queue.pop() for _ in range(5)] == [a, one, two, three, b]


def test_the_order_is_that_of_the_whole_queue_not_of_buckets():
    """Where poolifier, with buckets of two, lets -2 wait behind 0, as long as 0 is in the first bucket."""
    queue = TaskQueue()
    tasks = [make_task(priority) for priority in (0, 0, 0, -1, 1, -1)]
    for task in tasks:
        queue.push(task)

    assert [tasks.index(queue.pop()) for _ in range(6)] == [3, 5, 0, 1, 2, 4]


def test_who_has_waited_for_long_goes_before_what_is_more_important():
    queue = TaskQueue()
    old, urgent = make_task(priority=1, waited=3.0), make_task(priority=-1)
    queue.push(old)
    queue.push(urgent)

    assert queue.pop() is old


def test_every_second_task_is_taken_the_most_urgent_first(queue: TaskQueue, tasks: list[Task]):
    urgent = make_task(priority=-1)
    queue.push(urgent)

    assert queue.take_every_second(0, 10) == [urgent, tasks[0], tasks[2]]
    assert list(queue) == [tasks[1], tasks[3]]


def test_no_more_are_taken_than_asked_for(queue: TaskQueue, tasks: list[Task]):
    assert queue.take_every_second(0, 1) == [tasks[0]]
    assert len(queue) == 3


def test_only_what_may_run_in_a_slot_is_taken_for_it():
    queue = TaskQueue()
    anywhere, first, others = make_task(), make_task(workers=(0,)), make_task(workers=(1, 2))
    for task in (first, others, anywhere):
        queue.push(task)

    assert queue.bound_slots() == {(0,), (1, 2)}
    assert set(queue.take_every_second(1, 10)) == {others, anywhere}
    assert not queue.has_for(2)
    assert queue.has_for(0)


# Ageing


def rank_at(ageing: Ageing, priority: int, waiting: int, now: float) -> float:
    ageing.advance(waiting, now)
    return priority + ageing.points


@pytest.mark.parametrize("waiting, points", [(0, 1.0062), (2047, 2.0)])
def test_a_second_of_waiting_is_worth_a_point_and_up_to_twice_as_much_under_load(waiting: int, points: float):
    ageing = Ageing(factor=1.0, exponent=2 / 3)
    before = rank_at(ageing, 0, waiting, now=10.0)

    assert rank_at(ageing, 0, waiting, now=11.0) - before == pytest.approx(points, abs=1e-4)


@pytest.mark.parametrize("waiting, seconds", [(0, 39 / 1.0062), (2047, 39 / 2)])
def test_the_least_important_is_protected_from_the_most_important_after_a_while(waiting: int, seconds: float):
    ageing = Ageing(factor=1.0, exponent=2 / 3)
    patient = rank_at(ageing, 19, waiting, now=0.0)

    assert rank_at(ageing, -20, waiting, now=seconds - 0.1) < patient < rank_at(ageing, -20, waiting, now=seconds + 0.1)


def test_without_ageing_only_priority_counts():
    ageing = Ageing(factor=0.0, exponent=2 / 3)
    patient = rank_at(ageing, 1, 0, now=0.0)

    assert rank_at(ageing, 0, 0, now=1e9) < patient


def test_the_clock_is_due_again_after_a_step():
    ageing = Ageing(factor=1.0, exponent=2 / 3)
    assert ageing.due <= 1.0

    ageing.advance(0, now=1.0)

    assert 1.0 < ageing.due == 1.0 + STEP_SECONDS


# Any order of anything


class QueueMachine(RuleBasedStateMachine):
    """Ranks grow with time, as an Ageing makes them."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = TaskQueue()
        self.model: list[Task] = []
        self.elsewhere: list[Task] = []
        self.peak = 0
        self.time = count()

    def make_task(self, data: st.DataObject) -> Task:
        priority, workers = data.draw(st.sampled_from(list(FUNCTIONS)), label="kind")
        return make_task(priority, workers, waited=-0.25 * next(self.time))

    @rule(data=st.data())
    def push(self, data: st.DataObject) -> None:
        task = self.make_task(data)
        self.model.append(task)
        self.queue.push(task)

    @rule(data=st.data())
    def wait_elsewhere(self, data: st.DataObject) -> None:
        self.elsewhere.append(self.make_task(data))

    @precondition(lambda self: self.elsewhere)
    @rule(data=st.data())
    def insert(self, data: st.DataObject) -> None:
        task = self.elsewhere.pop(data.draw(st.integers(0, len(self.elsewhere) - 1), label="which"))
        self.model.append(task)
        self.queue.insert(task)

    @precondition(lambda self: self.model)
    @rule(amount=st.integers(1, 4))
    def pop_some_and_push_them_back(self, amount: int) -> None:
        popped = [self.queue.pop() for _ in range(min(amount, len(self.model)))]
        assert popped == self.in_order()[: len(popped)]
        self.queue.push_front(popped)

    @precondition(lambda self: self.model)
    @rule()
    def pop(self) -> None:
        first = self.in_order()[0]
        assert self.queue.first() is first
        assert self.queue.pop() is first
        self.model.remove(first)

    @rule(slot=st.integers(0, 2), most=st.integers(1, 5))
    def take_every_second(self, slot: int, most: int) -> None:
        allowed = [task for task in self.in_order() if may_run(task.function.workers, slot)]
        assert self.queue.has_for(slot) == bool(allowed)

        taken = self.queue.take_every_second(slot, most)

        assert taken == sorted(taken, key=rank)
        assert set(taken) <= set(allowed)
        assert bool(taken) == bool(allowed)
        assert len(taken) <= most
        for task in taken:
            self.model.remove(task)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        task = self.model.pop(data.draw(st.integers(0, len(self.model) - 1), label="which"))
        self.queue.remove(task)

    @rule(slot=st.integers(0, 2))
    def take_where(self, slot: int) -> None:
        expected = [task for task in self.in_order() if may_run(task.function.workers, slot)]
        assert self.queue.take_where(lambda slots: may_run(slots, slot)) == expected
        for task in expected:
            self.model.remove(task)

    @rule()
    def clear(self) -> None:
        assert self.queue.clear() == self.in_order()
        self.model.clear()

    @invariant()
    def both_are_the_same(self) -> None:
        self.peak = max(self.peak, len(self.model))
        assert list(self.queue) == self.in_order()
        assert len(self.queue) == len(self.model)
        assert bool(self.queue) == bool(self.model)
        assert all(task in self.queue for task in self.model)
        assert self.queue.peak == self.peak
        bound = {task.function.workers for task in self.model}
        assert self.queue.bound_slots() == bound - {None}

    def in_order(self) -> list[Task]:
        return sorted(self.model, key=rank)


def rank(task: Task) -> tuple[float, int]:
    return task.rank, task.number


TestTaskQueue = QueueMachine.TestCase
TestTaskQueue.settings = settings(settings.default, max_examples=200, stateful_step_count=40)
