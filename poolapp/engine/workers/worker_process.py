"""The life of a process worker: read a batch, run its tasks, answer each."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import socket
import threading
import traceback
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from types import FrameType
from typing import Any

from poolapp.engine.errors import TaskNotPicklable
from poolapp.engine.outcomes import Outcome
from poolapp.engine.workers.alert import AlertReader
from poolapp.engine.workers.home import Home
from poolapp.engine.workers.interruptible import LaneTask, MainThreadTask, RunningTask
from poolapp.engine.workers.interrupts import InterruptDesk
from poolapp.engine.workers.lanes import Lanes
from poolapp.engine.workers.luggage import Luggage
from poolapp.engine.workers.parcels import pack_outcome, unpack_call
from poolapp.engine.workers.running import TaskRunner, failure
from poolapp.engine.workers.shelf import ShelfPutter, ShelfTaker
from poolapp.engine.workers.tickets import TicketHolder
from poolapp.engine.workers.voice import Voice

# A batch is (number, how many tasks were given before it, calls); other messages are (what, how much).
BATCH_LENGTH = 3

Call = tuple[str | None, str, int]
"""Where the function can be imported, the task's name, the size of its payload."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a worker has from its set-up.

    stop_timeout: seconds that the kill handler may take when the process is killed by SIGTERM.
    """

    runner: TaskRunner
    luggage: Luggage
    max_payload: int | None = None
    stack_size: int | None = None
    stop_timeout: float = 2.0


@dataclass(frozen=True, slots=True)
class Connection:
    """What a worker shares with its pool: a socket, the reading ends of two pipes, a shelf for each direction."""

    sock: socket.socket
    ticket_fd: int
    interrupt_fd: int
    shelf_fd: int
    own_shelf_fd: int


Job = tuple[LaneTask, str | None, memoryview]
"""A task, and its call."""


def live(connection: Connection, equipment: Equipment) -> None:
    """Work until the pool closes its end of the socket."""
    desk = InterruptDesk(connection.interrupt_fd)
    # Without a request of the pool, SIGINT does nothing: Ctrl-C is for the server, which decides what becomes of us.
    signal.signal(signal.SIGINT, desk.handle)
    signal.signal(signal.SIGTERM, _death(equipment) if equipment.runner.handles_kill else signal.SIG_DFL)
    os.register_at_fork(after_in_child=_reset_signals)
    desk.handle()  # what was asked for before there was a handler
    with connection.sock:
        WorkerProcess(connection, desk, equipment).run()


class WorkerProcess:
    """One worker, seen from inside.

    Its main thread reads, and runs the tasks as well, one after another. Once the worker is wider than that, it gives
    each to a lane that is free; so it is always the main thread that takes the tickets, in the order of the batches.
    """

    def __init__(self, connection: Connection, desk: InterruptDesk, equipment: Equipment) -> None:
        self._reader = AlertReader(connection.sock, ShelfTaker(connection.shelf_fd))
        shelf = ShelfPutter(connection.own_shelf_fd)
        self._voice = Voice(connection.sock, shelf)
        self._tell = self._voice.tell
        self._tickets = TicketHolder(connection.ticket_fd, shelf.leave_note)
        self._desk = desk
        self._runner = equipment.runner
        self._luggage = equipment.luggage
        self._max_payload = equipment.max_payload
        self._home = Home((signal.SIGINT, signal.SIGTERM))
        self._functions: dict[str, Callable[..., Any]] = {}
        self._lanes: Lanes[Job] = Lanes("poolapp-lane", self._work, _end_of_lane, equipment.stack_size)
        self._free: queue.SimpleQueue[None] = queue.SimpleQueue()  # as many as there are lanes without work

    def run(self) -> None:
        if self._runner.handles_kill:
            self._reader.be_alert()
        try:
            self._voice.say(("ready", os.getpid()))
            while True:
                for head, payload in self._reader.read() or ():
                    if len(head) == BATCH_LENGTH:
                        number, first, calls = head
                        self._run_batch(number, first, calls, payload)
                    else:
                        self._widen(head[1])
                self._reader.clear_shelf()
        except (EOFError, OSError):  # the pool wants us to end, or is gone
            self._lanes.close()
            self._lanes.join()
            self._runner.close()

    def _run_batch(self, number: int, first: int, calls: list[Call], payload: memoryview) -> None:
        if self._lanes.width and len(calls) == 1:
            return self._hand_over(number, first, calls[0], payload)
        start = 0
        for index, (reference, name, size) in enumerate(calls):
            if not self._tickets.may_begin(number):
                return self._voice.say(("skipped", number))
            task = MainThreadTask(name, number, index, self._tell, first + index)
            self._desk.begin(task)
            self._perform(task, reference, payload if len(calls) == 1 else payload[start : start + size])
            self._home.go_back()
            start += size
        return None

    def _hand_over(self, number: int, serial: int, call: Call, payload: memoryview) -> None:
        """Have a lane run the only task of a batch, once one is free: until then the pool can take it back."""
        self._free.get()
        if not self._tickets.may_begin(number):
            self._free.put(None)
            return self._voice.say(("skipped", number))
        reference, name, _ = call
        task = LaneTask(name, number, 0, self._tell, serial)
        self._desk.begin(task)
        # What lies on the shelf may be gone by the time that the lane gets round to it.
        return self._lanes.put((task, reference, memoryview(bytes(payload))))

    def _work(self, job: Job) -> None:
        with contextlib.suppress(OSError):  # nobody listens any more; the main thread has noticed too
            self._perform(*job)
        self._free.put(None)

    def _perform(self, task: RunningTask, reference: str | None, payload: memoryview) -> None:
        outcome = self._run_one(task, reference, payload)
        good, packed = pack_outcome(outcome, task.name, self._max_payload)
        head = (good, task.number, outcome.started_at, outcome.run_time, outcome.active_time)
        self._voice.answer(task, head, packed)
        self._desk.end(task)

    def _run_one(self, task: RunningTask, reference: str | None, payload: memoryview) -> Outcome:
        try:
            function, args, kwargs, values = unpack_call(reference, payload, self._functions)
            context = self._luggage.unpack(values) if values else Context()
        except TaskNotPicklable as exc:
            return failure(exc)
        return self._runner.run(task, context, function, args, kwargs)

    def _widen(self, width: int) -> None:
        before = self._lanes.width
        self._runner.widen()
        self._reader.be_alert()  # interrupts come while it waits here
        try:
            self._lanes.grow(width)
        except RuntimeError:  # no more threads
            traceback.print_exc()
        for _ in range(self._lanes.width - before):
            self._free.put(None)
        self._voice.say(("widened", max(1, self._lanes.width)))


def _death(equipment: Equipment) -> Callable[[int, FrameType | None], None]:
    """A handler of SIGTERM: it has the kill handler called, in a thread of its own since anything may run in this one.

    Then the process ends as it would have without, and after stop_timeout in any case.
    """

    def die(_signal: int, _frame: FrameType | None) -> None:
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            thread = threading.Thread(target=equipment.runner.handle_kill, name="poolapp-kill", daemon=True)
            thread.start()
            thread.join(equipment.stop_timeout)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)

    return die


def _end_of_lane(error: BaseException | None) -> None:
    if error is not None:  # as when it had happened in the main thread
        traceback.print_exception(error)
        os._exit(1)


def _reset_signals() -> None:
    """What a task forks is not a worker."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
