"""What becomes of the tasks that a worker had in its hands when it died."""

from __future__ import annotations

from collections.abc import Iterable

from poolapp.engine.dispatcher import Dispatcher
from poolapp.engine.errors import PoolDestroyed, PoolError, RemoteTraceback, WorkerLost
from poolapp.engine.node import WorkerNode
from poolapp.engine.outcomes import WorkerExit
from poolapp.engine.state import PoolState
from poolapp.engine.tasks import Task, TaskState

# So many workers may die when they should have begun a task: reading it may be what kills them.
MOST_DEATHS_BEFORE_BEGINNING = 3


class Losses:
    """Fails what had begun, unless it may run once more, and keeps what had not."""

    def __init__(self, state: PoolState, dispatcher: Dispatcher) -> None:
        self._state = state
        self._dispatcher = dispatcher

    def take_over(self, node: WorkerNode, exit: WorkerExit, unbegun: Iterable[int], now: float) -> list[Task]:
        """The tasks of a dead worker that are to run elsewhere, those in its queue included.

        unbegun: batches of tasks that the worker had not begun, each as often as it has such tasks.
        """
        reason, first = node.killed_because or exit.reason, node.front()
        self._dispatcher.queue_again(node, unbegun, now)
        self._state.totals.busy_time += node.running_time(now)
        begun, waiting = node.abandon(), self._dispatcher.clear(node)
        again = [task for task in begun if self._may_run_again(node, task, exit)]
        for task in begun:
            if task in again:
                self._state.waiting += 1
                self._state.totals.retried += 1
                task.begin_anew()
            else:
                self._dispatcher.fail(task, self._error(node, task, reason, exit.error))
        if not begun and first is not None and self._kills_unbegun(node, first):
            waiting.remove(first)
            self._dispatcher.fail_waiting([first], _loss(node, first, reason, exit.error, "should have begun"))
        return again + waiting

    def _may_run_again(self, node: WorkerNode, task: Task, exit: WorkerExit) -> bool:
        if not node.exit_is_expected:
            task.losses += 1
        is_wanted = task.interruption is None and not self._state.stopping
        is_safe = task.function.retry_lost and exit.is_dead
        return is_wanted and is_safe and task.losses < self._most_losses

    def _kills_unbegun(self, node: WorkerNode, task: Task) -> bool:
        """Whether a task that was to begin when the worker died has to be given up: this has happened too often."""
        if node.exit_is_expected or task.state is not TaskState.QUEUED:
            return False
        task.losses += 1
        return task.losses >= max(MOST_DEATHS_BEFORE_BEGINNING, self._most_losses)

    @property
    def _most_losses(self) -> int:
        return self._state.options.max_task_losses

    def _error(self, node: WorkerNode, task: Task, reason: str, traceback: str | None) -> PoolError:
        """Why a task that had begun has no outcome."""
        if task.interruption is not None:
            return task.interruption.error()
        if self._state.stopping:
            return PoolDestroyed(f"the pool was destroyed while {task.name} ran")
        return _loss(node, task, reason, traceback, "ran")


def _loss(node: WorkerNode, task: Task, reason: str, traceback: str | None, did: str) -> WorkerLost:
    text = f"{node.title} was lost while it {did} {task.name}: {reason}"
    if task.losses > 1:
        text += f" (the {_ordinal(task.losses)} worker that was lost with it)"
    error = WorkerLost(text)
    if traceback:
        error.__cause__ = RemoteTraceback(traceback)
    return error


def _ordinal(number: int) -> str:
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
