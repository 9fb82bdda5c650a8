"""Calling tasks off: withdrawing those that have not begun, aborting others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolapp.engine.herald import settle_cancelled
from poolapp.engine.node import WorkerNode
from poolapp.engine.tasks import Task, TaskState

if TYPE_CHECKING:
    from poolapp.engine.core import Core


def withdraw(core: Core, task: Task) -> bool:
    """Cancel a task that no worker has begun; False when it is too late."""

    def forget(now: float) -> bool:
        node = _recover(core, task, now)
        withdrawn = core.scheduler.withdraw(task)
        if withdrawn:
            core.herald.cancelled(task)
        if node is not None:
            core.scheduler.go_on(node, now)
        return withdrawn

    with core.recovery:
        withdrawn = core.ask(forget, otherwise=False)
        if withdrawn:
            settle_cancelled(task)
        return withdrawn


def abort(core: Core, task: Task, reason: str) -> bool:
    """End a task where it waits, or ask it to end where it runs; False where that is not possible or too late."""

    def end(now: float) -> bool:
        node = _recover(core, task, now)
        aborted = core.scheduler.abort(task, reason, now)
        if node is not None:
            core.scheduler.go_on(node, now)
        return aborted

    return core.ask(end, otherwise=False)


def _recover(core: Core, task: Task, now: float) -> WorkerNode | None:
    """Take back what a worker has not begun, so that the task may be among it; the node that is to go on then.

    Reading tickets never waits, so it may be done under the lock, which keeps the books exact.
    """
    node = task.node
    if task.state is not TaskState.COMMITTED or node is None:
        return None
    core.scheduler.taken_back(node, node.worker.take_back(), now)
    return node
