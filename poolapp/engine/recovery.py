"""What is done after a signal handler has raised in the middle of a decision: the pool begins anew.

Such a handler (Ctrl-C in a shell, a time-out by SIGALRM) can leave everything half changed: a task taken out of its
queue and not sent, a message sent in part, a worker that nobody starts. What exactly, nobody can know. So all workers
are replaced, what they had in their hands fails with WorkerLost, and what waited is submitted again. It is done by the
ticker's thread, in which no signal handler runs.
"""

from __future__ import annotations

import gc
import logging
import threading
from typing import TYPE_CHECKING

from poolapp.engine.errors import PoolError, WorkerLost
from poolapp.engine.herald import settle, settle_cancelled
from poolapp.engine.node import NodeState
from poolapp.engine.tasks import Task, TaskState

if TYPE_CHECKING:
    from poolapp.engine.core import Core

logger = logging.getLogger("poolapp")

# So long another thread may take to pass on the news that it has in its hands.
SECONDS_FOR_NEWS = 0.1


class Recovery:
    """Notes that a pool has to begin anew, and lets it; a context in which handlers must not raise unnoticed."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.cause: BaseException | None = None  # what the handler has raised

    def __enter__(self) -> None:
        """Nothing has to be done yet."""

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is not None:
            self.note(error)

    def note(self, error: BaseException) -> None:
        """Something was raised in the middle of a decision: by a handler, unless it is an answer to the caller."""
        if isinstance(error, PoolError) or threading.current_thread() is not threading.main_thread():
            return
        self.cause = error
        self._core.ticker.wake()

    def begin_anew(self) -> None:
        """Replace all workers, and see to every task that is not over."""
        core, cause, self.cause = self._core, self.cause, None
        logger.error("Pool %s was interrupted by %r in the middle of a decision and begins anew", core.name, cause)
        core.settle_down(SECONDS_FOR_NEWS)
        with core.lock:
            nodes = list(core.scheduler.state.roster)
            for node in nodes:
                node.state = NodeState.GONE  # what its worker still says is not heard
            core.renew()
            tasks = _unsettled(core)
        for node in nodes:
            if node.worker is not None:
                node.worker.kill()
        if core.state == "running":
            core.tell(core.scheduler.start)
        for task in tasks:
            try:
                self._see_to(task, f"the pool was interrupted by {cause!r} in the middle of a decision")
            except Exception:  # the others wait as well
                logger.exception("What becomes of %s is not known", task.name)

    def _see_to(self, task: Task, reason: str) -> None:
        core, error = self._core, WorkerLost(f"{task.name} was given up: {reason}")
        match task.state:
            case TaskState.CANCELLED:
                settle_cancelled(task)
            case TaskState.QUEUED if core.state == "running":
                task.queue = task.node = None
                core.submit_late(task)
            case TaskState.QUEUED | TaskState.COMMITTED:
                core.tell(lambda now: core.scheduler.refuse(task, error))
            case _:  # it is in the books already, but what came of it is lost
                settle(task, None, error)


def _unsettled(core: Core) -> list[Task]:
    """All tasks of a pool that somebody may wait for, wherever they have been left, in the order of submission."""
    tasks = [found for found in gc.get_objects() if type(found) is Task]
    ours = [task for task in tasks if task.future is not None and task.future.belongs_to(core)]
    return sorted(ours, key=lambda task: task.number)
