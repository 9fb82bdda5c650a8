"""One thread that waits for many sockets at once and calls back."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections import deque
from collections.abc import Callable

from poolapp.engine.workers.poller import READ, WRITE, make_poller

logger = logging.getLogger("poolapp")

Callback = Callable[[], None]


class Reactor:
    """Watches descriptors from a daemon thread of its own. All callbacks run in that thread."""

    def __init__(self, name: str) -> None:
        self._poller = make_poller()
        self._callbacks: dict[int, tuple[Callback, Callback | None]] = {}
        self._wake_fd, self._waker_fd = os.pipe()
        os.set_blocking(self._wake_fd, False)
        os.set_blocking(self._waker_fd, False)
        self._soon: deque[Callback] = deque()
        self._stopped = False
        self._closed = False
        self._closing = threading.RLock()  # held while the waking pipe is used or closed
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.watch(self._wake_fd, self._woken)

    @property
    def can_mute(self) -> bool:
        """Whether `mute` does something here."""
        return self._poller.can_mute

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread, after what was asked for so far; waits for it unless called from it."""
        self.call_soon(self._stop)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def call_soon(self, callback: Callback) -> None:
        """Call back from the reactor's thread, unless that has ended; may be asked for by any thread."""
        self._soon.append(callback)
        with self._closing, contextlib.suppress(BlockingIOError):  # full: it is awake anyway
            if not self._closed:
                os.write(self._waker_fd, b"\0")

    def watch(self, fd: int, readable: Callback, writable: Callback | None = None) -> None:
        """Call back when the descriptor can be read and, if asked for, written; replaces what was asked for before."""
        self._callbacks[fd] = readable, writable
        self.unmute(fd)

    def forget(self, fd: int) -> None:
        """Watch the descriptor no longer."""
        if self._callbacks.pop(fd, None) is not None:
            self._poller.remove(fd)

    def mute(self, fd: int) -> None:
        """Leave a watched descriptor to another thread for a while."""
        if fd in self._callbacks:
            self._poller.set(fd, 0)

    def unmute(self, fd: int) -> None:
        """Call back again."""
        if callbacks := self._callbacks.get(fd):
            self._poller.set(fd, READ | WRITE if callbacks[1] is not None else READ)

    def _run(self) -> None:
        while not self._stopped:
            for fd, events in self._poller.wait():
                readable, writable = self._callbacks.get(fd, (_nothing, None))
                if events & WRITE and writable is not None:
                    _call(writable)
                if events & READ:
                    _call(readable)
        self._poller.close()
        with self._closing:
            self._closed = True
            os.close(self._wake_fd)
            os.close(self._waker_fd)

    def _woken(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_fd, 4096)
        while self._soon:
            _call(self._soon.popleft())

    def _stop(self) -> None:
        self._stopped = True


def _call(callback: Callback) -> None:
    """Call back; nothing that goes wrong may end the thread on which the whole pool depends."""
    try:
        callback()
    except BaseException:
        logger.exception("A callback of a pool's reactor failed")


def _nothing() -> None:
    """For a descriptor that was forgotten after it had become ready."""
