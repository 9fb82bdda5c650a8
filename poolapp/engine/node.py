"""A worker as its pool sees it: its queue, what it was given, what it has done."""

from __future__ import annotations

import enum
from collections import deque
from typing import Any

from poolapp.engine.queues import TaskQueue
from poolapp.engine.statistics import Usage
from poolapp.engine.tasks import Task

# Batch numbers travel as one byte each (see workers/tickets.py).
BATCH_NUMBERS = 256


class NodeState(enum.Enum):
    STARTING = "starting"
    READY = "ready"
    RETIRING = "retiring"
    GONE = "gone"


class Batch:
    """Tasks given to a worker in one message; it begins them in this order."""

    __slots__ = ("done", "expected_time", "node", "number", "tasks")

    def __init__(self, node: WorkerNode, number: int, tasks: list[Task], expected_time: float) -> None:
        self.node = node
        self.number = number
        self.tasks = tasks
        self.expected_time = expected_time  # seconds
        self.done = 0


class WorkerNode:
    """One worker. Its id is never used again; its slot is taken over by the worker that replaces it."""

    __slots__ = (
        "batches",
        "committed",
        "dynamic",
        "ending_since",
        "exit_is_expected",
        "front_since",
        "id",
        "idle_since",
        "killed_because",
        "last_answered",
        "last_number",
        "pid",
        "queue",
        "slot",
        "spawned_at",
        "started_at",
        "state",
        "usage",
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
        self.batches: deque[Batch] = deque()
        self.committed = 0  # tasks in batches, not answered yet
        self.front_since = now  # since when the first committed task has been the first
        self.last_number = self.last_answered = 0
        self.usage = Usage()
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
        return self.committed + len(self.queue)

    @property
    def executing(self) -> int:
        """Tasks running now: the first of those in the worker's hands."""
        return 1 if self.committed else 0

    @property
    def queued(self) -> int:
        """Tasks that wait, those committed ahead of the running one included."""
        return self.load - self.executing

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
    def label(self) -> str:
        """The state in a word for people."""
        if self.state is NodeState.READY:
            return "busy" if self.committed else "idle"
        return str(self.state.value)

    def front(self) -> Task | None:
        """The task that runs now."""
        return self.batches[0].tasks[self.batches[0].done] if self.committed else None

    def commit(self, tasks: list[Task], expected_time: float, now: float) -> Batch:
        """Book tasks as given to the worker."""
        if not self.committed:
            self.front_since = now
        self.last_number = (self.last_number + 1) % BATCH_NUMBERS
        batch = Batch(self, self.last_number, tasks, expected_time)
        self.batches.append(batch)
        self.committed += len(tasks)
        return batch

    def answer(self, now: float) -> Task:
        """Take the task whose outcome has come: the first of the committed ones."""
        batch = self.batches[0]
        task = batch.tasks[batch.done]
        batch.done += 1
        self.last_answered = batch.number
        if batch.done == len(batch.tasks):
            self.batches.popleft()
        self.committed -= 1
        self.front_since = now
        return task

    def take_back(self, number: int) -> Task:
        """Take the last task of batch `number`, which will never begin in the worker."""
        batch = next(batch for batch in self.batches if batch.number == number)
        task = batch.tasks.pop()
        if batch.done == len(batch.tasks):
            self.batches.remove(batch)
        self.committed -= 1
        return task

    def abandon(self) -> list[Task]:
        """Take all tasks that are still committed, in their order."""
        tasks = [task for batch in self.batches for task in batch.tasks[batch.done :]]
        self.batches.clear()
        self.committed = 0
        return tasks
