"""Workers that are processes, born in a nursery."""

from __future__ import annotations

import functools
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any, ClassVar

from poolapp.engine.errors import PoolError
from poolapp.engine.node import WorkerNode
from poolapp.engine.options import SMALLEST_PAYLOAD, PoolOptions
from poolapp.engine.outcomes import WorkerExit
from poolapp.engine.tasks import Task, TaskFunction
from poolapp.engine.workers.base import Reports
from poolapp.engine.workers.luggage import Luggage
from poolapp.engine.workers.nursery import NurseryHandle
from poolapp.engine.workers.parcels import check_size, pack_call, require_importable, size
from poolapp.engine.workers.reactor import Reactor
from poolapp.engine.workers.remote import ProcessWorker
from poolapp.engine.workers.sessions import end_session

# A payload of more bytes than this takes its time: about so long for each byte.
LIGHT = SMALLEST_PAYLOAD
SECONDS_PER_BYTE = 0.5e-9
# Exit codes of processes that were killed by somebody else.
BY_FORCE = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT)


class ProcessCrew:
    """All process workers of a pool: one nursery to make them, one reactor to hear them."""

    takes_batches: ClassVar[bool] = True
    can_interrupt: ClassVar[bool] = True
    can_freeze: ClassVar[bool] = True
    can_be_heard: ClassVar[bool] = True

    def __init__(self, options: PoolOptions, reports: Reports) -> None:
        self._options = options
        self._reports = reports
        self._workers: dict[int, ProcessWorker] = {}
        self._reactor: Reactor | None = None
        self._nursery: NurseryHandle | None = None
        self._opening = threading.Lock()
        self._doomed: set[int] = set()  # workers that are to be killed
        self._luggage = Luggage(())
        self._carries_luggage = bool(options.context_vars)

    def prepare(self, task: Task) -> None:
        payload = task.payload = pack_call(task, self._luggage.pack() if self._carries_luggage else None)
        if len(payload) > LIGHT or type(payload) is list:
            check_size(payload, self._options.max_payload, f"the arguments of {task.name}")
            task.freight = size(payload) * SECONDS_PER_BYTE

    def check(self, function: TaskFunction) -> None:
        require_importable(function)

    def open(self) -> None:
        """Raises PoolError where there are no process workers, and what a name in options.context_vars stands for."""
        if sys.platform == "win32":
            raise PoolError("process workers need POSIX; use thread workers on Windows")
        self._luggage = Luggage(self._options.context_vars)
        self._reactor = Reactor(f"poolapp-{self._options.name}-reactor")
        self._reactor.start()

    def spawn(self, node: WorkerNode) -> ProcessWorker:
        assert self._reactor is not None
        worker = ProcessWorker(node, self._reports, self._reactor, self)
        self._workers[node.id] = worker
        return worker

    def close(self) -> None:
        reactor, nursery = self._reactor, self._nursery
        if reactor is not None:
            if nursery is not None:
                reactor.call_soon(nursery.close)
            reactor.stop()

    def abandon(self) -> None:
        if self._nursery is not None:
            self._nursery.abandon()
        for worker in self._workers.values():
            worker.abandon()

    def describe(self) -> dict[str, Any]:
        return {}

    def kill(self, worker: ProcessWorker) -> None:
        """End a worker. A nursery that is still being set up would obey too late: once nobody needs it, it is ended."""
        self._doomed.add(worker.node_id)
        if worker.nursery is not None:
            is_needed = any(
                other.nursery is worker.nursery and other.node_id not in self._doomed
                for other in list(self._workers.values())
            )
            worker.nursery.kill(worker.node_id, is_needed)

    def interrupt(self, worker: ProcessWorker) -> None:
        """Have a worker look into its interrupt pipe; by the reactor's thread, since the caller may not wait."""
        if worker.nursery is not None and self._reactor is not None:
            self._reactor.call_soon(functools.partial(worker.nursery.interrupt, worker.node_id))

    def bear(self, worker: ProcessWorker, fds: Sequence[int]) -> None:
        """Have a worker made, with these descriptors; raises OSError or PoolError when it cannot be."""
        try:
            self._send_to_nursery(worker, fds)
        except OSError:  # it has just died, which the reactor is about to hear
            with self._opening:
                if self._nursery is worker.nursery:
                    self._nursery = None
            self._send_to_nursery(worker, fds)

    def forget(self, worker: ProcessWorker) -> None:
        """A worker was not born and will not be."""
        self._workers.pop(worker.node_id, None)

    def born(self, node_id: int, pid: int) -> None:
        if worker := self._workers.get(node_id):
            worker.pid = pid

    def unborn(self, node_id: int, reason: str) -> None:
        self._bury(node_id, WorkerExit(f"could not be started: {reason}"))

    def dead(self, node_id: int, exit_code: int) -> None:
        self._bury(node_id, WorkerExit(_describe(exit_code), by_force=exit_code in BY_FORCE))

    def nursery_lost(self, nursery: NurseryHandle, exit_code: int | None, error: str | None) -> None:
        with self._opening:
            if self._nursery is nursery:
                self._nursery = None
        reason = "the nursery, its parent process, was lost"
        if exit_code is not None:
            reason += f": {_describe(exit_code)}"
        for worker in list(self._workers.values()):
            if worker.nursery is nursery:
                if worker.pid is not None:
                    end_session(worker.pid)  # its nursery cannot any more; the worker itself has died with it
                self._bury(worker.node_id, WorkerExit(reason, error, by_force=exit_code in BY_FORCE))

    def _send_to_nursery(self, worker: ProcessWorker, fds: Sequence[int]) -> None:
        """Ask the nursery for a worker; it is started when there is none."""
        assert self._reactor is not None
        with self._opening:
            if self._nursery is None:
                self._nursery = NurseryHandle(self._options, self._reactor, self)
            nursery = worker.nursery = self._nursery
        nursery.spawn(worker.node_id, fds)

    def _bury(self, node_id: int, exit: WorkerExit) -> None:
        if worker := self._workers.pop(node_id, None):
            worker.bury(exit)
        self._doomed.discard(node_id)


def _describe(exit_code: int) -> str:
    if exit_code >= 0:
        return f"ended with exit code {exit_code}"
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:
        name = f"signal {-exit_code}"
    hint = " (out of memory?)" if name == "SIGKILL" else ""
    return f"killed by {name}{hint}"
