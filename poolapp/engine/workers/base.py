"""What a pool expects of its workers, and what workers may tell their pool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

from poolapp.engine.node import Batch, WorkerNode
from poolapp.engine.options import PoolOptions
from poolapp.engine.outcomes import Outcome, WorkerExit
from poolapp.engine.tasks import Task, TaskFunction


class Reports(Protocol):
    """The pool's ear: workers call it from threads of their own."""

    def worker_ready(self, node: WorkerNode, pid: int | None) -> None:
        """The worker of the node waits for tasks."""

    def finished(self, node: WorkerNode, outcomes: Sequence[Outcome]) -> None:
        """The worker has answered tasks: of each batch in the order in which they stand in it."""

    def skipped(self, node: WorkerNode, batch_number: int) -> None:
        """The worker has read a batch and found that the pool has taken back what it had not begun of it."""

    def widened(self, node: WorkerNode, width: int) -> None:
        """The worker can run `width` tasks at the same time from now on; it is told even if nothing has changed."""

    def message(self, node: WorkerNode, batch_number: int, index: int, value: Any) -> None:
        """A running task, the one at `index` of a batch, has sent a message."""

    def exited(self, node: WorkerNode, exit: WorkerExit) -> None:
        """The worker is gone, once and for all; everything that it had answered was reported before."""


class Worker(Protocol):
    """One worker."""

    def start(self) -> None:
        """Begin to live; it reports `worker_ready`, or `exited` when it cannot start."""

    def post(self, batch: Batch) -> None:
        """Line up a batch; called in order, under the pool's lock, so it must not do anything else."""

    def flush(self) -> None:
        """Send what is lined up; called by any thread, without the lock. Must not raise or wait."""

    def listen(self, task: Task, seconds: float) -> None:
        """Hear the worker in the calling thread, which waits for the task, until it is settled or time is up.

        That saves the way over another thread. Not every kind of worker can do it: it may return at once.
        """

    def take_back(self) -> list[int]:
        """Take back what has not begun: the number of its batch, once for every task. Must not wait."""

    def unbegun(self) -> int:
        """How many tasks it has not begun of those that it was given. Must not wait."""

    def memory(self) -> int | None:
        """The bytes of its resident set, None where nobody knows. Must not wait."""

    def speak_up(self) -> None:
        """Report what is done, if that was held back to be reported with what comes next; called without the lock."""

    def widen(self, width: int) -> None:
        """Become able to run `width` tasks at the same time, then report `widened`; a worker never narrows.

        A worker that is wider than 1 is only given batches of one task. Must not wait.
        """

    def interrupt(self, batch_number: int, index: int, timed_out: bool) -> None:
        """Ask the task at `index` of a batch to end, because of its time limit or because it was aborted.

        Its `interruption` says so already, for a worker that looks there as the task begins. Does nothing when that
        task does not run any more. Must not wait; the task answers when it has ended.
        """

    def stop(self) -> None:
        """End after what was sent, then report `exited`."""

    def kill(self) -> None:
        """End now, then report `exited`; a worker that cannot be ended is given up and reported all the same."""


class Crew(Protocol):
    """All workers of one pool: makes them, and listens to them."""

    takes_batches: ClassVar[bool]
    """Whether workers gain from being given tasks ahead of the one that they run."""

    can_interrupt: ClassVar[bool]
    """Whether a running task can be asked to end."""

    can_freeze: ClassVar[bool]
    """Whether workers are processes: `unbegun` and `memory` of such workers tell something."""

    can_be_heard: ClassVar[bool]
    """Whether `listen` of its workers does something."""

    def __init__(self, options: PoolOptions, reports: Reports) -> None: ...

    def prepare(self, task: Task) -> None:
        """Check and encode a task in the caller's thread; raises TaskNotPicklable when it could not run there."""

    def check(self, function: TaskFunction) -> None:
        """Raise TaskNotPicklable when no worker could be given the function."""

    def open(self) -> None:
        """Get ready to make workers."""

    def spawn(self, node: WorkerNode) -> Worker:
        """Make the node's worker, to be started by the caller."""

    def close(self) -> None:
        """Let go of everything; all workers have exited."""

    def abandon(self) -> None:
        """Let go of all descriptors, in a forked child: the workers are the parent's, and must notice its end."""

    def describe(self) -> dict[str, Any]:
        """More facts for the snapshot, JSON-ready."""
