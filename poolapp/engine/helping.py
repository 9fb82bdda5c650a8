"""Tasks that wait for other tasks of their own pool.

They must not wait in vain for a worker that they occupy themselves: the thread that waits runs the other task in the
meantime, as the fork/join pools of Java do ("helping").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolapp.engine.tasks import Task, TaskState
from poolapp.engine.workers.here import worker_here

if TYPE_CHECKING:
    from poolapp.engine.core import Core


def run_here(core: Core, task: Task) -> bool:
    """Run a task that waits in the calling thread, whose own task waits for it; False when that is not possible.

    Everybody else may be busy, or wait as well, so that nobody else might ever run it.
    """
    worker = worker_here(core)
    if worker is None or task.state is not TaskState.QUEUED:
        return False
    batch = core.ask(lambda now: core.scheduler.lend(worker.node, task, now), otherwise=None)
    if batch is None:
        return False
    worker.run_here(batch)
    return True
