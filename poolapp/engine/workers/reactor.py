"""One thread that waits for many descriptors at once and calls back."""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable

logger = logging.getLogger("poolapp")

Callback = Callable[[], None]


class Reactor:
    """Watches sockets from a daemon thread of its own. All callbacks run in that thread."""

    def __init__(self, name: str) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake_fd, self._waker_fd = os.pipe()
        os.set_blocking(self._wake_fd, False)
        os.set_blocking(self._waker_fd, False)
        self._soon: deque[Callback] = deque()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._selector.register(self._wake_fd, selectors.EVENT_READ, (self._woken, None))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread, after what was asked for so far; waits for it unless called from it."""
        self.call_soon(self._stop)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def call_soon(self, callback: Callback) -> None:
        """Call back from the reactor's thread; may be asked for by any thread."""
        self._soon.append(callback)
        with contextlib.suppress(BlockingIOError):  # full: it is awake anyway
            os.write(self._waker_fd, b"\0")

    def watch(self, sock: socket.socket, readable: Callback, writable: Callback | None = None) -> None:
        """Call back when the socket can be read and, if asked for, written; replaces what was asked for before.

        To be called from the reactor's thread.
        """
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if writable else 0)
        if sock in self._selector.get_map():
            self._selector.modify(sock, events, (readable, writable))
        else:
            self._selector.register(sock, events, (readable, writable))

    def forget(self, sock: socket.socket) -> None:
        """Watch the socket no longer; to be called from the reactor's thread."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(sock)

    def _run(self) -> None:
        while not self._stopped:
            for key, events in self._selector.select():
                readable, writable = key.data
                if events & selectors.EVENT_WRITE and writable is not None:
                    _call(writable)
                if events & selectors.EVENT_READ:
                    _call(readable)
        self._selector.close()
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
