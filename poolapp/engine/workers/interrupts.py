"""The interrupt pipe: which running task a worker process shall end.

The pool writes a few bytes, which task and why, and has the worker signalled. The signal's handler reads them; without
any, as when somebody else sends the signal, it does nothing. A task is named by how many the worker was given before
it, a number that never comes again.
"""

from __future__ import annotations

import contextlib
import os
import struct
import threading
from types import FrameType

from poolapp.engine.current import Asked
from poolapp.engine.errors import TaskAborted, TaskTimeout
from poolapp.engine.workers.interruptible import RunningTask

REQUEST = struct.Struct("=Q?")
READ_SIZE = REQUEST.size * 256


class InterruptOffice:
    """The pool's end.

    A request may come just as the worker is let go of: then the descriptor may be somebody else's already.
    """

    def __init__(self) -> None:
        self.read_fd, self._write_fd = os.pipe()  # the worker needs the reading side, and has it non-blocking
        os.set_blocking(self.read_fd, False)
        os.set_blocking(self._write_fd, False)
        self._holds_both = True
        self._is_open = True
        self._using = threading.RLock()  # never held while anybody waits

    def request(self, serial: int, timed_out: bool) -> None:
        """Ask for a task to be ended. Asked for more often than the pipe can hold, it is forgotten."""
        with self._using, contextlib.suppress(OSError):  # full, or the worker is dead
            if self._is_open:
                os.write(self._write_fd, REQUEST.pack(serial, timed_out))

    def hand_over(self) -> None:
        """Let go of the worker's end."""
        with self._using:
            if self._holds_both:
                self._holds_both = False
                os.close(self.read_fd)

    def close(self) -> None:
        self.hand_over()
        with self._using:
            if self._is_open:
                self._is_open = False
                os.close(self._write_fd)


class InterruptDesk:
    """The worker's end. All of it but `end` is for the main thread, where signals are handled."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._running: dict[int, RunningTask] = {}
        self._latest = -1  # the last task that has begun
        self._requests: dict[int, Asked] = {}  # what was asked for and is not dealt with
        self._is_reading = False
        self._has_more = False

    def begin(self, task: RunningTask) -> None:
        """A task has begun, as far as the pool is concerned: what is asked of it from here on reaches it."""
        self._running[task.serial] = task
        self._latest = task.serial
        if self._requests:
            self._deal()

    def end(self, task: RunningTask) -> None:
        """The task was answered; called by whichever thread has run it."""
        del self._running[task.serial]

    def handle(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Read what is asked for, and do it; raises in the main thread when the task that runs there is meant."""
        self._has_more = True
        if self._is_reading:
            return  # the handler has interrupted itself
        while self._has_more:
            self._is_reading = True
            try:
                self._has_more = False
                self._read()
            finally:
                self._is_reading = False
        self._deal()

    def _read(self) -> None:
        try:
            data = os.read(self._fd, READ_SIZE)
        except OSError:  # nothing there, or a task has closed what was not its own
            return
        whole = len(data) - len(data) % REQUEST.size
        for serial, timed_out in REQUEST.iter_unpack(data[:whole]):
            self._requests[serial] = TaskTimeout if timed_out else TaskAborted
        if len(data) == READ_SIZE:
            self._has_more = True

    def _deal(self) -> None:
        """Ask tasks that run, keep what is meant for those to come, and forget the rest."""
        for serial in list(self._requests):
            task = self._running.get(serial)
            if task is None and serial > self._latest:
                continue
            asked = self._requests.pop(serial, None)
            if task is not None and asked is not None:
                task.ask(asked)
