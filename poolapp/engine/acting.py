"""What is done about workers, once it has been decided: to start them, to end them, to take tasks back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from poolapp.engine.decisions import (
    Action,
    GiveUp,
    Interrupt,
    Kill,
    Probe,
    Recycle,
    Spawn,
    Stop,
    TakeBack,
    Weigh,
    Widen,
)
from poolapp.engine.node import NodeState, WorkerNode
from poolapp.engine.outcomes import WorkerExit

if TYPE_CHECKING:
    from poolapp.engine.core import Core

logger = logging.getLogger("poolapp")


class Actor:
    """Carries out what a pool's scheduler has decided about its workers; without the lock, unless it says so."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def act(self, action: Action) -> None:
        node = action.node
        match action:
            case Spawn():
                self._spawn(node)
            case Stop() if node.worker is not None:
                node.worker.stop()
            case Kill() if node.worker is not None:
                node.worker.kill()
            case TakeBack():
                self._take_back(node)
            case GiveUp(_, task):
                self._take_back(node, lambda now: self._core.scheduler.give_up(node, task, now))
            case Widen(_, width) if node.worker is not None:
                node.worker.widen(width)
            case Interrupt() if node.worker is not None:
                self._interrupt(action)
            case Probe() if node.worker is not None:
                self._tell(node, lambda now: self._core.scheduler.probed(node, node.worker.unbegun(), now))
            case Weigh() if node.worker is not None:
                memory = node.worker.memory()
                self._tell(node, lambda now: self._core.scheduler.weighed(node, memory, now))
            case Recycle():
                self._tell(node, lambda now: self._core.scheduler.recycle(node, now))

    def _spawn(self, node: WorkerNode) -> None:
        try:
            node.worker = self._core.crew.spawn(node)
            node.worker.start()
        except Exception as exc:
            logger.exception("Pool %s could not start a worker", self._core.name)
            self._core.exited(node, WorkerExit(f"could not be started: {exc}"))

    def _interrupt(self, action: Interrupt) -> None:
        """Pass a request on if its task runs still: under the lock, since later its batch's number may be another's."""
        node = action.node
        with self._core.lock:
            task = node.task_at(action.batch_number, action.index)
            if task is not None and task.interruption is not None and node.state is not NodeState.GONE:
                node.worker.interrupt(action.batch_number, action.index, action.timed_out)

    def _take_back(self, node: WorkerNode, then: Callable[[float], object] | None = None) -> None:
        if node.worker is not None:
            node.worker.speak_up()

        def take_back(now: float) -> None:
            self._core.scheduler.taken_back(node, node.worker.take_back(), now)
            if then is not None:
                then(now)
            self._core.scheduler.go_on(node, now)

        self._tell(node, take_back)

    def _tell(self, node: WorkerNode, message: Callable[[float], object]) -> None:
        """Give the scheduler a message about a worker, unless it is gone."""
        self._core.tell(lambda now: message(now) if node.state is not NodeState.GONE else None)
