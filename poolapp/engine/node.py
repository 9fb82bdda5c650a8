"""A worker as its pool sees it: its queue, what it was given, what it has done."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Iterator
from itertools import islice
from math import inf
from typing import Any

from poolapp.engine.queues import TaskQueue
from poolapp.engine.statistics import Usage
from poolapp.engine.tasks import Task

# Batch numbers, 1 to 255, travel as one byte each (see workers/tickets.py).
BATCH_NUMBERS = 255


class NodeState(enum.Enum):
    STARTING = "starting"
    READY = "ready"
    RETIRING = "retiring"
    GONE = "gone"


class Batch:
    """Tasks given to a worker in one message; it begins them in this order."""

    __slots__ = ("done", "expected_time", "known_to_begin", "node", "number", "since", "tasks", "timeout")

    def __init__(self, node: WorkerNode, number: int, tasks: list[Task], expected_time: float, now: float) -> None:
        self.node = node
        self.number = number
        self.tasks = tasks
        self.expected_time = expected_time  # seconds
        self.done = 0
        self.since = now  # when its first task that has no answer yet has begun, if it has
        self.timeout: float | None = None  # the shortest limit of its tasks, in seconds
        self.known_to_begin = -1  # the index of the last task that is known to have begun, whether answered or not

    @property
    def front(self) -> Task:
        """The first task that has no answer yet."""
        return self.tasks[self.done]


class WorkerNode:
    """One worker. Its id is never used again; its slot is taken over by the worker that replaces it."""

    __slots__ = (
        "answered",
        "batches",
        "committed",
        "dynamic",
        "ending_since",
        "exit_is_expected",
        "id",
        "idle_since",
        "is_pressed",
        "killed_because",
        "last_answered",
        "last_number",
        "lends",
        "memory",
        "pid",
        "queue",
        "quota",
        "ranked_load",
        "replace_at",
        "slot",
        "spawned_at",
        "started_at",
        "state",
        "suspected_at",
        "suspected_for",
        "tasks_left",
        "usage",
        "wanted_width",
        "weighed_at",
        "width",
        "worker",
    )

    def __init__(self, node_id: int, slot: int, *, dynamic: bool, now: float) -> None:
        self.id = node_id
        self.slot = slot
        self.dynamic = dynamic
        self.state = NodeState.STARTING
        self.ending_since: float | None = None  # told to end, or killed
        self.exit_is_expected = False
        self.killed_because: str | None = None
        self.pid: int | None = None
        self.worker: Any = None  # the pool's handle; the scheduler never looks at it
        self.queue = TaskQueue()
        self.is_pressed = False  # whether the queue is as long as its threshold or longer
        self.batches: deque[Batch] = deque()
        self.committed = 0  # tasks in batches, not answered yet
        self.answered = 0
        self.tasks_left = inf  # how many more it may be given
        self.replace_at = -inf  # how few these are when its successor is to be started
        self.ranked_load = 0  # see eligible.py
        self.width = self.wanted_width = 1  # how many tasks the worker can run at once, and has been asked to
        self.lends = False  # whether it was ever given tasks beyond its quota
        self.quota = 1  # how many it is given to run at once
        self.last_number = self.last_answered = 0
        self.usage = Usage()
        self.memory: int | None = None  # bytes, when it was last weighed
        self.weighed_at = now
        self.suspected_for: tuple[Batch, int] | None = None  # a task that it had not begun in time
        self.suspected_at = now
        self.spawned_at = now
        self.started_at: float | None = None
        self.idle_since = now

    def __repr__(self) -> str:
        return (
            f"<WorkerNode {self.id} slot {self.slot} {self.label}:"
            f" {self.executing} executing, {self.queued} queued, {self.usage.executed} executed>"
        )

    @property
    def load(self) -> int:
        """Tasks running or waiting here."""
        return self.committed + self.queue.count

    @property
    def executing(self) -> int:
        """Tasks running now: the first of those in the worker's hands."""
        return min(self.committed, self.width)

    @property
    def queued(self) -> int:
        """Tasks that wait, those committed ahead of the running ones included."""
        return self.load - self.executing

    @property
    def runs_ahead(self) -> bool:
        """Whether the worker has been given tasks beyond those that it runs."""
        return self.committed > self.width

    @property
    def is_full(self) -> bool:
        """Whether the worker runs as many tasks as it may."""
        return self.committed >= self.quota

    @property
    def unanswered_batches(self) -> int:
        """Batches sent since the last one that the worker is known to have read, those taken back included."""
        return (self.last_number - self.last_answered) % BATCH_NUMBERS

    @property
    def is_ready(self) -> bool:
        return self.state is NodeState.READY

    @property
    def is_present(self) -> bool:
        """Starting or ready: counts towards the size of the pool."""
        return self.state is NodeState.STARTING or self.state is NodeState.READY

    @property
    def title(self) -> str:
        """The worker as people know it: by its slot, as on the dashboard, and its process."""
        return f"the worker in slot {self.slot}" + (f" (process {self.pid})" if self.pid else "")

    @property
    def label(self) -> str:
        """The state in a word for people."""
        if self.state is NodeState.READY:
            return "busy" if self.committed else "idle"
        return str(self.state.value)

    def running(self) -> Iterator[Batch]:
        """The batches whose front is running now."""
        return islice(self.batches, self.width)

    def running_time(self, now: float) -> float:
        """For how long what runs now has run, seconds."""
        return sum(max(0.0, now - batch.since) for batch in self.running())

    def front(self) -> Task | None:
        """The task that has run for longest."""
        return self.batches[0].front if self.committed else None

    def runs(self, task: Task) -> Batch | None:
        """The batch of a task that is running now, None if it is not."""
        return next((batch for batch in self.running() if batch.front is task), None)

    def task_at(self, number: int, index: int) -> Task | None:
        """The task at `index` of batch `number`, None when it has been answered."""
        for batch in self.batches:
            if batch.number == number and batch.done <= index < len(batch.tasks):
                return batch.tasks[index]
        return None

    def commit(self, tasks: list[Task], expected_time: float, now: float) -> Batch:
        """Book tasks as given to the worker."""
        number = self.last_number % BATCH_NUMBERS + 1
        if self.width > 1 or self.lends:
            taken = {batch.number for batch in self.batches}  # a long task may hold its number for many rounds
            while number in taken:
                number = number % BATCH_NUMBERS + 1
        self.last_number = number
        batch = Batch(self, number, tasks, expected_time, now)
        self.batches.append(batch)
        self.committed += len(tasks)
        self.tasks_left -= len(tasks)
        return batch

    def lend(self, task: Task, now: float) -> Batch:
        """Book a task as given to the worker although it is at work, which lets answers come in another order."""
        self.lends = True
        return self.commit([task], task.known.expected, now)

    def answer(self, number: int, now: float) -> Task | None:
        """Take the task whose outcome has come: the front of batch `number`, None when there is no such batch."""
        batch = self.batches[0] if self.batches else None
        if batch is None or batch.number != number:
            batch = next((batch for batch in self.batches if batch.number == number), None)
            if batch is None:
                return None
        task = batch.tasks[batch.done]
        batch.done += 1
        batch.since = now
        if self.width == 1 and not self.lends:
            self.last_answered = number  # they are answered in their order
        else:
            self.has_read(number)
        if batch.done == len(batch.tasks):
            self._remove(batch, now)
        self.committed -= 1
        self.answered += 1
        return task

    def has_read(self, number: int) -> None:
        """Note that the worker has read batch `number`, and so every one before it."""
        if (self.last_number - number) % BATCH_NUMBERS < self.unanswered_batches:
            self.last_answered = number

    def take_back(self, number: int, now: float) -> Task:
        """Take the last task of batch `number`, which will never begin in the worker."""
        batch = next(batch for batch in self.batches if batch.number == number)
        task = batch.tasks.pop()
        if batch.done == len(batch.tasks):
            self._remove(batch, now)
        self.committed -= 1
        self.tasks_left += 1
        return task

    def give_up(self, batch: Batch) -> None:
        """Forget a task that never ends, the only one of its batch."""
        self.batches.remove(batch)
        self.committed -= 1

    def at_hand(self) -> list[Task]:
        """All tasks that are still committed, in their order."""
        return [task for batch in self.batches for task in batch.tasks[batch.done :]]

    def abandon(self) -> list[Task]:
        """Take all tasks that are still committed."""
        tasks = self.at_hand()
        self.batches.clear()
        self.committed = 0
        return tasks

    def _remove(self, batch: Batch, now: float) -> None:
        if batch is self.batches[0]:
            self.batches.popleft()
            if self.width == 1 and self.batches:
                self.batches[0].since = now
        else:
            self.batches.remove(batch)
