"""What the scheduler decides and the pool carries out; a Batch (of node.py) is the decision to send it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from poolapp.engine.node import Batch, WorkerNode
from poolapp.engine.restarting import WorkersRestart
from poolapp.engine.tasks import Task


@dataclass(frozen=True, slots=True)
class Spawn:
    """Start a worker for the node."""

    node: WorkerNode


@dataclass(frozen=True, slots=True)
class Stop:
    """Let the worker end by itself; it has nothing left to do."""

    node: WorkerNode


@dataclass(frozen=True, slots=True)
class Kill:
    """End the worker now."""

    node: WorkerNode


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Take back what the worker has not begun."""

    node: WorkerNode


@dataclass(frozen=True, slots=True)
class Widen:
    """Let the worker become able to run so many tasks at once."""

    node: WorkerNode
    width: int


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Ask the running task at `index` of a batch to end: its time is up, or it was aborted."""

    node: WorkerNode
    batch_number: int
    index: int
    timed_out: bool


@dataclass(frozen=True, slots=True)
class Probe:
    """Look whether the worker has begun what it was given."""

    node: WorkerNode


@dataclass(frozen=True, slots=True)
class Weigh:
    """Look how much memory the worker has."""

    node: WorkerNode


@dataclass(frozen=True, slots=True)
class Recycle:
    """Replace the worker, which has done enough."""

    node: WorkerNode


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Take back what the worker has not begun, then end the task, which did not end by itself."""

    node: WorkerNode
    task: Task


@dataclass(frozen=True, slots=True)
class Settle:
    """End the task's future: with the error, or as cancelled without one."""

    task: Task
    error: BaseException | None = None


class Tell:
    """Emit an event; there may be three of them for a task, so making one must cost little."""

    __slots__ = ("details", "event", "task")
    __match_args__ = ("event", "details", "task")

    def __init__(self, event: str, details: dict[str, Any] | None = None, task: Task | None = None) -> None:
        self.event = event
        self.details = {} if details is None else details
        self.task = task


@dataclass(frozen=True, slots=True)
class Conclude:
    """End a restart: with the error, or as complete without one."""

    restart: WorkersRestart
    error: BaseException | None = None


# What is done about workers, and what others are to know.
Action = Spawn | Stop | Kill | TakeBack | Widen | Interrupt | GiveUp | Probe | Weigh | Recycle
News = Tell | Settle | Conclude
Decision = Batch | Action | News
