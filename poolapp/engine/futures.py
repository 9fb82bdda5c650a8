"""The caller's side of a task."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures._base import CANCELLED
from typing import TYPE_CHECKING, Any

from poolapp.engine.calling_off import abort, withdraw
from poolapp.engine.helping import run_here
from poolapp.engine.light_future import LightFuture
from poolapp.engine.tasks import Task, TaskState
from poolapp.engine.workers.here import act_for, worker_here

if TYPE_CHECKING:
    from poolapp.engine.core import Core


# A worker that waits for a task of its own pool looks so often whether it has to run it itself (seconds).
SHORTEST_LOOK, LONGEST_LOOK = 0.001, 0.05
# A thread that waits for a task hears the worker itself for about this long; a task that runs longer is not worth it.
LISTENING_SECONDS = 0.005


class TaskFuture(LightFuture):
    """The result of a task to come: a standard Future that also knows its task."""

    __slots__ = ("_core", "_task")

    def __init__(self, task: Task, core: Core) -> None:
        super().__init__()
        self._task = task
        self._core = core

    @property
    def task_id(self) -> str:
        """The task's id, a UUID, as its record and events carry it."""
        return self._core.task_id(self._task)

    @property
    def info(self) -> dict[str, Any]:
        """How the task fares: id, name, status, worker, and seconds spent waiting and running."""
        task, now = self._task, time.monotonic()
        started = task.started_at
        return {
            "task_id": self.task_id,
            "task": task.name,
            "status": task.state.value,
            "worker": task.node.id if task.node else None,
            "worker_pid": task.node.pid if task.node else None,
            "wait_time": (started if started is not None else now) - task.queued_at,
            "run_time": task.run_time,
        }

    def belongs_to(self, core: Core) -> bool:
        """Whether this is the core of its pool."""
        return self._core is core

    def running(self) -> bool:
        """Whether a worker has the task in its hands."""
        return self._task.state is TaskState.COMMITTED

    def cancel(self) -> bool:
        """Withdraw the task unless a worker has begun it; True when it will never run."""
        return withdraw(self._core, self._task) or self.cancelled()

    def abort(self, reason: str | None = None) -> bool:
        """Stop the task, so that its future fails with TaskAborted; True when it could be, or was asked to end.

        A task that waits never begins. In one that runs in a worker process, TaskAborted is raised; a coroutine is
        cancelled; a function in a thread has to look for itself, see `current_task`. One that has not ended
        `abort_timeout` seconds later is given up, and its worker is replaced. A task that ends well all the same, since
        it was about to or does not mind, has its result.
        """
        return abort(self._core, self._task, reason or "aborted")

    def add_done_callback(self, fn: Callable[[Future[Any]], object]) -> None:
        """Call `fn(future)` once the task is over: in a thread kept for that, or at once when it is over already."""
        if self.done():
            super().add_done_callback(fn)
        else:
            super().add_done_callback(lambda future: self._core.call_back(fn, future))

    def settle_cancelled(self) -> None:
        """Become cancelled and wake everybody who waits."""
        super().cancel()
        if self._state == CANCELLED:  # else it was interrupted after this before
            self.set_running_or_notify_cancel()
        self.make_calls()

    def helper(self) -> Callable[[], None] | None:
        """What waits for the task on behalf of the calling thread's worker, if that is one of the task's own pool.

        To be called in another thread, while the calling one goes on with its event loop.
        """
        worker = worker_here(self._core)
        return None if worker is None else lambda: act_for(worker, lambda: self._wait_and_help(None))

    def _wait(self, timeout: float | None) -> None:
        """Hear the worker for a moment, which is the fastest way to an answer, and wait for others to do it then."""
        if worker_here(self._core) is not None:
            return self._wait_and_help(timeout)
        if not self._core.crew.can_be_heard or (timeout is not None and timeout < 2 * LISTENING_SECONDS):
            return super()._wait(timeout)
        began = time.monotonic()
        self._core.help(self._task, LISTENING_SECONDS)
        if self._is_settled:
            return None
        return super()._wait(None if timeout is None else timeout - (time.monotonic() - began))

    def _wait_and_help(self, timeout: float | None) -> None:
        """Wait in a worker of the same pool, and run the task here as soon as it is seen to wait for a worker."""
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        look = SHORTEST_LOOK
        while not self.done() and not run_here(self._core, self._task):
            if (left := deadline - time.monotonic()) <= 0:
                return
            super()._wait(min(look, left))
            look = min(2 * look, LONGEST_LOOK)
