"""One process worker, seen from the pool: its socket, its ticket office and its interrupt office."""

from __future__ import annotations

import contextlib
import logging
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from poolapp.engine.errors import ResultNotPicklable
from poolapp.engine.node import Batch, WorkerNode
from poolapp.engine.outcomes import Outcome, WorkerExit
from poolapp.engine.tasks import Task
from poolapp.engine.workers.base import Reports
from poolapp.engine.workers.crash import CrashReport
from poolapp.engine.workers.interrupts import InterruptOffice
from poolapp.engine.workers.memory import resident_set
from poolapp.engine.workers.nursery import NurseryHandle
from poolapp.engine.workers.parcels import pieces, size, unpack_error, unpack_value
from poolapp.engine.workers.reactor import Reactor
from poolapp.engine.workers.running import new_tuple
from poolapp.engine.workers.shelf import ShelfPutter, ShelfTaker, make_shelf
from poolapp.engine.workers.tickets import TicketOffice
from poolapp.engine.workers.wire import Frame, FrameReader, FrameWriter, frame, small_frame

if TYPE_CHECKING:
    from poolapp.engine.workers.process import ProcessCrew

logger = logging.getLogger("poolapp")

# An answer is (whether it went well, batch, start, run time, active time); other messages are (what, about which, ...).
ANSWER_LENGTH = 5

# Who listens waits for an answer, but not for long at a time: a timeval of 5 ms.
WAIT = 0
A_MOMENT = struct.pack("@ll", 0, 5000)

# Nobody holds the locks of a worker for so many seconds who is still there.
LEFT_BEHIND = 1.0

Head = tuple[Any, ...]
BATCH_NUMBERS = 256  # they are bytes


class ProcessWorker:
    """Sends a worker its batches, and hears it."""

    def __init__(self, node: WorkerNode, reports: Reports, reactor: Reactor, crew: ProcessCrew) -> None:
        self.pid: int | None = None
        self.node_id = node.id
        self.nursery: NurseryHandle | None = None  # in which it is born, and with which it dies
        self._node = node
        self._reports = reports
        self._reactor = reactor
        self._crew = crew
        self._socket, self._remote = socket.socketpair()
        # Only who listens waits for an answer, and not for long.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, A_MOMENT)
        self._socket.settimeout(None)
        self._shelf = ShelfPutter(make_shelf())
        self._other_shelf = ShelfTaker(make_shelf())
        self._crash = CrashReport()
        self._reader = FrameReader(self._socket, socket.MSG_DONTWAIT, self._other_shelf)
        self._writer = FrameWriter(self._socket, socket.MSG_DONTWAIT)
        self._tickets = TicketOffice(self._other_shelf.note)
        self._interrupts = InterruptOffice()
        self._posted: deque[Batch | Head | None] = deque()  # None: stop after what was sent
        self._task_count = 0  # all that were ever posted
        self._first_of = [0] * BATCH_NUMBERS  # how many were posted before the latest batch of each number
        self._starting = threading.RLock()  # its nursery may die, and it be buried, while it is still being started
        self._sending = threading.Lock()
        self._hearing = threading.RLock()
        self._closed = False
        self._is_dead = False
        self._is_reporting = False  # whether what it has said is being dealt with
        self._is_deaf = False  # whether what it says cannot be understood any more
        self._error: str | None = None

    def start(self) -> None:
        self._reactor.watch(self._socket.fileno(), self._read)
        with self._starting:
            try:
                fds = (
                    self._remote.fileno(),
                    self._tickets.read_fd,
                    self._interrupts.read_fd,
                    self._shelf.fd,
                    self._other_shelf.fd,
                    self._crash.fd,
                )
                self._crew.bear(self, fds)
            except BaseException:
                self._crew.forget(self)
                self._release()
                raise
            finally:
                self._remote.close()
                self._interrupts.hand_over()

    def post(self, batch: Batch) -> None:
        # A few bytes into a pipe that is never full: it does not wait, and from here on the batch can be taken back.
        self._tickets.issue(batch.number, len(batch.tasks))
        self._first_of[batch.number] = self._task_count
        self._task_count += len(batch.tasks)
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
        if not self._reactor.can_mute:
            return
        hears = False
        try:
            if hears := self._hearing.acquire(blocking=False):
                self._listen(task, seconds)
        except BaseException:  # a signal handler has raised, maybe as soon as the lock was taken
            hears = self._hearing._is_owned()  # type: ignore[attr-defined]
            self._stop_listening()
            raise
        finally:
            if hears:
                self._hearing.release()

    def take_back(self) -> list[int]:
        if self._closed:
            return []
        return self._tickets.inherit() if self._is_dead else self._tickets.take_back()

    def unbegun(self) -> int:
        return 0 if self._closed else self._tickets.left()

    def memory(self) -> int | None:
        return resident_set(self.pid) if self.pid is not None else None

    def speak_up(self) -> None:
        """Nothing is held back."""

    def widen(self, width: int) -> None:
        self._posted.append(("width", width))
        self.flush()

    def interrupt(self, batch_number: int, index: int, timed_out: bool) -> None:
        if not self._closed:
            self._interrupts.request(self._first_of[batch_number] + index, timed_out)
            self._crew.interrupt(self)

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
        self._interrupts.close()
        self._shelf.close()
        self._other_shelf.close()
        self._crash.close()

    def bury(self, exit: WorkerExit) -> None:
        """The process is dead: hear its last words, report its end, let go of everything."""
        with _held(self._hearing), contextlib.suppress(EOFError, OSError):
            while not self._is_deaf and (frames := self._reader.read()) is not None:
                self._report(frames)
                self._reader.clear_shelf()
        if crash := self._crash.read():
            logger.error("%s crashed: %s\n%s", self._node.title.capitalize(), exit.reason, crash)
        error = exit.error or self._error or crash
        self._is_dead = True
        self._reports.exited(self._node, replace(exit, error=error))
        self._release()

    def _listen(self, task: Task, seconds: float) -> None:
        if self._closed or self._is_reporting:  # by a call that this one has interrupted
            return
        fd, deadline = self._socket.fileno(), time.monotonic() + seconds
        self._reactor.mute(fd)
        while task.future is not None and self._hear(WAIT) and time.monotonic() < deadline:
            pass
        self._reactor.unmute(fd)

    def _stop_listening(self) -> None:
        """Leave it to the reactor again, at whatever point that was interrupted."""
        if self._closed:
            return
        if self._is_reporting:  # part of it is lost, and what comes would be taken for the answer to another task
            self._is_deaf = True
            self.kill()
        self._reactor.unmute(self._socket.fileno())
        self._reactor.call_soon(self._catch_up)

    def _catch_up(self) -> None:
        """Deal with what a listener has received before it was interrupted."""
        with self._hearing:
            if not self._closed:
                self._hear()

    def _release(self) -> None:
        with self._starting, _held(self._hearing), _held(self._sending):
            if self._closed:
                return
            self._closed = True
            self._reactor.forget(self._socket.fileno())
            self._posted.clear()
            self._socket.close()
            self._tickets.close()
            self._interrupts.close()
            self._shelf.close()
            self._other_shelf.close()
            self._crash.close()

    def _send_posted(self) -> bool:
        """Send what is posted, as far as the socket takes it; it goes on when the socket can be written again."""
        if self._closed:
            return False
        try:
            while self._posted:
                posted = self._posted.popleft()
                if posted is None:
                    self._socket.shutdown(socket.SHUT_WR)
                elif not self._writer.send(self._encode(posted)):
                    self._reactor.call_soon(self._watch_writable)
                    return False
        except OSError:
            return False  # it is dying; its end will be reported, and what it had not begun is taken back then
        return True

    def _encode(self, posted: Batch | Head) -> list[bytes]:
        if isinstance(posted, tuple):
            return frame(posted)
        number, tasks = posted.number, posted.tasks
        calls = [(task.function.reference, task.function.name, size(task.payload)) for task in tasks]
        head = number, self._first_of[number], calls
        if len(tasks) == 1 and type(tasks[0].payload) is bytes:
            return small_frame(head, tasks[0].payload, self._shelf)
        return frame(head, [piece for task in tasks for piece in pieces(task.payload)], self._shelf)

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

    def _hear(self, flags: int | None = None) -> bool:
        """Report what the worker has said; False when it has closed its end."""
        if self._is_deaf:
            self._reactor.forget(self._socket.fileno())
            return False
        try:
            self._is_reporting = self._reader.is_amid_large
            if self._reader.receive(flags):
                self._is_reporting = True
                self._report(self._reader.frames())
                self._reader.clear_shelf()
            self._is_reporting = False
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
            if outcomes:
                self._reports.finished(self._node, outcomes)
                outcomes = []
            self._report_other(head, payload)
        if outcomes:
            self._reports.finished(self._node, outcomes)

    def _report_other(self, head: Head, payload: memoryview) -> None:
        match head:
            case "ready", pid:
                self._reports.worker_ready(self._node, pid)
            case "skipped", number:
                self._reports.skipped(self._node, number)
            case "widened", width:
                self._reports.widened(self._node, width)
            case "message", number, index:
                self._report_message(number, index, payload)
            case "failed", error:
                self._error = error

    def _report_message(self, number: int, index: int, payload: memoryview) -> None:
        try:
            message = unpack_value(payload)
        except ResultNotPicklable:
            logger.exception("A message from a task in worker %s could not be rebuilt and is lost", self.node_id)
        else:
            self._reports.message(self._node, number, index, message)


@contextlib.contextmanager
def _held(lock: threading.Lock | threading.RLock) -> Iterator[None]:
    """Hold a lock; not for ever waiting for one that a signal handler has kept a thread from releasing."""
    is_held = lock.acquire(timeout=LEFT_BEHIND)
    try:
        yield
    finally:
        if is_held:
            lock.release()


def _decode(head: tuple[bool, int, float, float, float], payload: memoryview) -> Outcome:
    good, number, started_at, run_time, active_time = head
    if not good:
        return Outcome(None, *unpack_error(payload), started_at, run_time, active_time, number)
    try:
        return new_tuple(Outcome, (unpack_value(payload), None, "", started_at, run_time, active_time, number))
    except ResultNotPicklable as exc:
        return Outcome(None, exc, "", started_at, run_time, active_time, number)
