"""Reading, in a main thread that must not miss a signal while it waits."""

from __future__ import annotations

import os
import select
import signal
import socket

from poolapp.engine.workers.descriptors import move_up
from poolapp.engine.workers.shelf import ShelfTaker
from poolapp.engine.workers.wire import Frame, FrameReader


class AlertReader:
    """A FrameReader for the main thread; once it is alert, also a signal that comes as it begins to wait is handled.

    Without that, Python runs the signal's handler only when the waiting is over. It costs two more calls of the system
    for each read, so a worker does it only where it matters.
    """

    def __init__(self, sock: socket.socket, shelf: ShelfTaker | None = None) -> None:
        self._sock = sock
        self._reader = FrameReader(sock, shelf=shelf)
        self.clear_shelf = self._reader.clear_shelf
        self._poll: select.poll | None = None
        self._wake_fd = -1

    def read(self) -> list[Frame] | None:
        """As FrameReader does."""
        while self._poll is not None:
            for fd, _ in self._poll.poll():
                if fd != self._wake_fd:
                    return self._reader.read()
                self._hear_alarm()
        return self._reader.read()

    def be_alert(self) -> None:
        """Every signal writes a byte into a pipe from now on, where it ends the waiting."""
        if self._poll is None:
            self._wake_fd, waker_fd = map(move_up, os.pipe())
            for fd in (self._wake_fd, waker_fd):
                os.set_blocking(fd, False)
            signal.set_wakeup_fd(waker_fd, warn_on_full_buffer=False)
            self._poll = select.poll()
            self._poll.register(self._sock, select.POLLIN)
            self._poll.register(self._wake_fd, select.POLLIN)

    def _hear_alarm(self) -> None:
        """The handler has run already, or runs now."""
        try:
            os.read(self._wake_fd, 4096)
        except BlockingIOError:
            return
        except OSError:  # a task has closed what was not its own
            assert self._poll is not None
            self._poll.unregister(self._wake_fd)
