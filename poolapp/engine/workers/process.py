"""Workers that are processes, born in a nursery."""

from __future__ import annotations

import contextlib
import select
import signal
import socket
import sys
import threading
import time
from collections import deque
from typing import Any, ClassVar

from poolapp.engine.errors import PoolError, ResultNotPicklable
from poolapp.engine.node import Batch, WorkerNode
from poolapp.engine.options import PoolOptions
from poolapp.engine.outcomes import Outcome, WorkerExit
from poolapp.engine.tasks import Task
from poolapp.engine.workers.base import Reports
from poolapp.engine.workers.nursery import NurseryHandle
from poolapp.engine.workers.parcels import pack_call, unpack_error, unpack_value
from poolapp.engine.workers.reactor import Reactor
from poolapp.engine.workers.tickets import TicketOffice
from poolapp.engine.workers.wire import Frame, FrameReader, FrameWriter, frame

# An answer is (whether it went well, start, run time); other messages are (what, about which).
ANSWER_LENGTH = 3


class ProcessCrew:
    """All process workers of a pool: one nursery to make them, one reactor to hear them."""

    takes_batches: ClassVar[bool] = True
    can_kill: ClassVar[bool] = True

    def __init__(self, options: PoolOptions, reports: Reports) -> None:
        self._options = options
        self._reports = reports
        self._workers: dict[int, ProcessWorker] = {}
        self._reactor: Reactor | None = None
        self._nursery: NurseryHandle | None = None
        self._opening = threading.Lock()

    def prepare(self, task: Task) -> None:
        task.payload = pack_call(task)

    def open(self) -> None:
        if sys.platform == "win32":
            raise PoolError("process workers need POSIX; use thread workers on Windows")
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
        """End a worker; when the nursery has not been set up yet, nothing lives there, and it is ended itself."""
        if self._nursery is not None:
            self._nursery.kill(worker.node_id)

    def forget(self, worker: ProcessWorker) -> None:
        """A worker was not born and will not be."""
        self._workers.pop(worker.node_id, None)

    def nursery(self) -> NurseryHandle:
        """The nursery, started when there is none."""
        assert self._reactor is not None
        with self._opening:
            if self._nursery is None:
                self._nursery = NurseryHandle(self._options, self._reactor, self)
            return self._nursery

    def born(self, node_id: int, pid: int) -> None:
        if worker := self._workers.get(node_id):
            worker.pid = pid

    def unborn(self, node_id: int, reason: str) -> None:
        self._bury(node_id, WorkerExit(f"could not be started: {reason}"))

    def dead(self, node_id: int, exit_code: int) -> None:
        self._bury(node_id, WorkerExit(_describe(exit_code)))

    def nursery_lost(self, error: str | None) -> None:
        with self._opening:
            self._nursery = None
        for node_id in list(self._workers):
            self._bury(node_id, WorkerExit("the nursery, its parent process, was lost", error))

    def _bury(self, node_id: int, exit: WorkerExit) -> None:
        if worker := self._workers.pop(node_id, None):
            worker.bury(exit)


class ProcessWorker:
    """The pool's end of one worker: its socket and its ticket office."""

    def __init__(self, node: WorkerNode, reports: Reports, reactor: Reactor, crew: ProcessCrew) -> None:
        self.pid: int | None = None
        self.node_id = node.id
        self._node = node
        self._reports = reports
        self._reactor = reactor
        self._crew = crew
        self._socket, self._remote = socket.socketpair()
        self._socket.setblocking(False)
        self._reader = FrameReader(self._socket)
        self._writer = FrameWriter(self._socket)
        self._tickets = TicketOffice()
        self._posted: deque[Batch | None] = deque()  # None: stop after what was sent
        self._sending = threading.Lock()
        self._hearing = threading.Lock()
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._closed = False

    def start(self) -> None:
        self._reactor.watch(self._socket.fileno(), self._read)
        try:
            self._crew.nursery().spawn(self._node.id, self._remote, self._tickets.read_fd)
        except BaseException:
            self._crew.forget(self)
            self._release()
            raise
        finally:
            self._remote.close()

    def post(self, batch: Batch) -> None:
        # A few bytes into a pipe that is never full: it does not wait, and from here on the batch can be taken back.
        self._tickets.issue(batch.number, len(batch.tasks))
        self._posted.append(batch)

    def flush(self) -> None:
        while self._posted and self._sending.acquire(blocking=False):
            try:
                everything_is_sent = self._send_posted()
            finally:
                self._sending.release()
            if not everything_is_sent:
                return

    def listen(self, task: Task, seconds: float) -> None:
        if not self._reactor.can_mute or not self._hearing.acquire(blocking=False):
            return
        try:
            if self._closed:
                return
            fd, deadline = self._socket.fileno(), time.monotonic() + seconds
            self._reactor.mute(fd)
            try:
                while task.future is not None and (left := deadline - time.monotonic()) > 0:
                    if self._poll.poll(left * 1000) and not self._hear():
                        return
            finally:
                self._reactor.unmute(fd)
        finally:
            self._hearing.release()

    def take_back(self) -> list[int]:
        return [] if self._closed else self._tickets.take_back()

    def stop(self) -> None:
        self._posted.append(None)
        self.flush()

    def kill(self) -> None:
        self._crew.kill(self)

    def abandon(self) -> None:
        self._closed = True
        self._socket.close()
        self._remote.close()
        self._tickets.close()

    def bury(self, exit: WorkerExit) -> None:
        """The process is dead: hear its last words, report its end, let go of everything."""
        with self._hearing, contextlib.suppress(EOFError, OSError):
            while (frames := self._reader.read()) is not None:
                self._report(frames)
        self._reports.exited(self._node, exit)
        self._release()

    def _release(self) -> None:
        with self._hearing, self._sending:
            self._closed = True
            self._reactor.forget(self._socket.fileno())
            self._posted.clear()
            self._socket.close()
            self._tickets.close()

    def _send_posted(self) -> bool:
        """Send what is posted, as far as the socket takes it; it goes on when the socket can be written again."""
        if self._closed:
            return False
        try:
            while self._posted:
                batch = self._posted.popleft()
                if batch is None:
                    self._socket.shutdown(socket.SHUT_WR)
                elif not self._writer.send(_encode(batch)):
                    self._reactor.call_soon(self._watch_writable)
                    return False
        except OSError:
            return False  # it is dying; its end will be reported, and what it had not begun is taken back then
        return True

    def _watch_writable(self) -> None:
        if not self._closed:
            self._reactor.watch(self._socket.fileno(), self._read, self._write)

    def _write(self) -> None:
        with self._sending:
            try:
                if not self._writer.flush():
                    return
            except OSError:
                pass
            self._reactor.watch(self._socket.fileno(), self._read)
        self.flush()

    def _read(self) -> None:
        if self._hearing.acquire(blocking=False):  # else somebody listens already
            try:
                self._hear()
            finally:
                self._hearing.release()

    def _hear(self) -> bool:
        """Report what the worker has said; False when it has closed its end."""
        try:
            self._report(self._reader.read() or [])
        except (EOFError, OSError):
            # It is ending, or a task has closed what was not its own. See that it ends.
            self._reactor.forget(self._socket.fileno())
            self.kill()
            return False
        return True

    def _report(self, frames: list[Frame]) -> None:
        outcomes: list[Outcome] = []
        for head, payload in frames:
            if len(head) == ANSWER_LENGTH:
                outcomes.append(_decode(head, payload))
                continue
            self._report_outcomes(outcomes)
            outcomes = []
            if head[0] == "ready":
                self._reports.worker_ready(self._node, head[1])
            else:
                self._reports.skipped(self._node, head[1])
        self._report_outcomes(outcomes)

    def _report_outcomes(self, outcomes: list[Outcome]) -> None:
        if outcomes:
            self._reports.finished(self._node, outcomes)


def _encode(batch: Batch) -> list[bytes]:
    calls = [(task.function.reference, task.name, len(task.payload)) for task in batch.tasks]
    return frame((batch.number, calls), [task.payload for task in batch.tasks])


def _decode(head: tuple[bool, float, float], payload: memoryview) -> Outcome:
    good, started_at, run_time = head
    if not good:
        return Outcome(None, *unpack_error(payload), started_at, run_time)
    try:
        return Outcome(unpack_value(payload), None, "", started_at, run_time)
    except ResultNotPicklable as exc:
        return Outcome(None, exc, "", started_at, run_time)


def _describe(exit_code: int) -> str:
    if exit_code >= 0:
        return f"ended with exit code {exit_code}"
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:
        name = f"signal {-exit_code}"
    hint = " (out of memory?)" if name == "SIGKILL" else ""
    return f"killed by {name}{hint}"
