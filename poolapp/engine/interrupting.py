"""Ending tasks that run: because they were aborted, or because their time is up."""

from __future__ import annotations

import math
from dataclasses import dataclass

from poolapp.engine.decisions import GiveUp, Interrupt
from poolapp.engine.dispatcher import Dispatcher
from poolapp.engine.errors import PoolError, TaskAborted, TaskTimeout
from poolapp.engine.node import Batch, WorkerNode
from poolapp.engine.staff import Staff
from poolapp.engine.state import PoolState
from poolapp.engine.tasks import Task, TaskState


@dataclass(slots=True)
class Interruption:
    """Why a running task was asked to end, and when it is given up (a reading of the monotonic clock, seconds)."""

    reason: str
    timed_out: bool
    give_up_at: float

    def error(self, cause: BaseException | None = None) -> PoolError:
        """What the task fails with."""
        error = TaskTimeout(self.reason) if self.timed_out else TaskAborted(self.reason)
        error.__cause__ = cause
        return error


class Interrupter:
    """Asks running tasks to end, and gives up those that do not.

    A task that does not end by itself within `abort_timeout` is ended with its worker; in a worker that runs others as
    well, the task is given up alone, and the worker takes no more and is replaced when the others are done.
    """

    def __init__(self, state: PoolState, dispatcher: Dispatcher, staff: Staff) -> None:
        self._state = state
        self._dispatcher = dispatcher
        self._staff = staff

    def abort(self, task: Task, reason: str, now: float) -> bool:
        """Ask a task to end because its caller does not want it any more; False when it does not run."""
        batch = task.node.runs(task) if task.node is not None else None
        if batch is None or task.interruption is not None or not self._state.can_interrupt:
            return False
        self._interrupt(batch, f"{task.name} was aborted: {reason}", timed_out=False, now=now)
        return True

    def watch(self, node: WorkerNode, now: float) -> None:
        """Interrupt what has run for too long, and give up what did not end."""
        for batch in list(node.running()) if self._minds(node) else ():
            task, due = batch.front, self._due(batch)
            if due is None or now < due:
                continue
            if task.interruption is None:
                self._interrupt(batch, f"{task.name} ran for more than {task.timeout:g} s", timed_out=True, now=now)
            else:
                task.interruption.give_up_at = math.inf
                self._state.decisions.append(GiveUp(node, task))

    def give_up(self, node: WorkerNode, task: Task, now: float) -> None:
        """End a task that did not end by itself; what the worker had not begun was taken back from it before.

        A worker that has not even begun the task in all that time is as useless.
        """
        is_here = task.node is node and task.state in (TaskState.QUEUED, TaskState.COMMITTED)
        if not is_here or node.ending_since is not None:
            return
        if node.executing <= 1:
            self._staff.kill(node, f"killed because {task.name} did not end", now)
            return
        batch = node.runs(task)
        if batch is not None and task.interruption is not None:
            self._state.totals.busy_time += max(0.0, now - batch.since)
            node.give_up(batch)
            self._dispatcher.fail(task, task.interruption.error())
        self._staff.retire(node, now)

    def next_time(self, node: WorkerNode, now: float) -> float | None:
        """When `watch` may have something to do about a node; what does not run yet cannot be due before its limit."""
        if not self._minds(node):
            return None
        times = [due for batch in node.running() if (due := self._due(batch)) is not None]
        times += [now + task.timeout for batch in node.batches for task in batch.tasks if task.timeout is not None]
        return min(times, default=None)

    def _minds(self, node: WorkerNode) -> bool:
        return bool(node.committed) and node.ending_since is None and self._state.can_interrupt

    def _due(self, batch: Batch) -> float | None:
        task = batch.front
        if task.interruption is not None:
            return task.interruption.give_up_at
        return None if task.timeout is None else batch.since + task.timeout

    def _interrupt(self, batch: Batch, reason: str, *, timed_out: bool, now: float) -> None:
        give_up_at = now + self._state.options.abort_timeout
        batch.front.interruption = Interruption(reason, timed_out, give_up_at)
        self._state.decisions.append(Interrupt(batch.node, batch.number, batch.done, timed_out))
