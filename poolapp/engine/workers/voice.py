"""What a worker process says to its pool: one frame at a time, each whole."""

from __future__ import annotations

import pickle
import socket
import threading
from collections import deque
from functools import partial
from typing import Any

from poolapp.engine.errors import ResultNotPicklable, TaskAborted, TaskTimeout
from poolapp.engine.workers.interruptible import RunningTask, shielded
from poolapp.engine.workers.parcels import PROTOCOL, Payload, pieces
from poolapp.engine.workers.running import describe
from poolapp.engine.workers.shelf import ShelfPutter
from poolapp.engine.workers.wire import SMALL, FrameWriter, frame, small_frame


class Voice:
    """Sends frames from any thread. An answer leaves at once, since in the socket it outlives this process."""

    def __init__(self, sock: socket.socket, shelf: ShelfPutter | None = None) -> None:
        self._writer = FrameWriter(sock)
        self._shelf = shelf
        self._lock = threading.RLock()
        self._is_speaking = False
        self._late: deque[list[bytes]] = deque()

    def say(self, head: tuple[Any, ...], payload: bytes = b"") -> None:
        """Raises OSError when the pool does not listen any more."""
        buffers = small_frame(head, payload)
        with self._lock:
            self._send(buffers)

    def answer(self, task: RunningTask, head: tuple[Any, ...], payload: Payload) -> None:
        """Say how a task has ended; it says nothing after that."""
        if type(payload) is bytes and len(payload) <= SMALL:
            buffers = small_frame(head, payload)
            with self._lock:
                task.is_over = True
                self._send(buffers)
            return
        with self._lock:
            task.is_over = True
            self._send(frame(head, pieces(payload), self._shelf))

    def tell(self, task: RunningTask, message: Any) -> None:
        """Pass on a message from a task."""
        try:
            payload = pickle.dumps(message, PROTOCOL)
        except (TaskAborted, TaskTimeout):
            raise  # an interrupt has come in the middle of it
        except Exception as exc:
            kind = type(message).__qualname__
            raise ResultNotPicklable(
                f"the message of {task.name}, of type {kind}, cannot be pickled: {describe(exc)}"
            ) from exc
        shielded(partial(self._tell, task, small_frame(("message", task.number, task.index), payload)))

    def _tell(self, task: RunningTask, buffers: list[bytes]) -> None:
        with self._lock:
            task.refuse_when_over()
            self._send(buffers)

    def _send(self, buffers: list[bytes]) -> None:
        if self._is_speaking:  # interrupted by a signal handler or a finaliser in the same thread
            self._late.append(buffers)
            return
        self._is_speaking = True
        try:
            self._writer.send(buffers)
            while self._late:
                self._writer.send(self._late.popleft())
        finally:
            self._is_speaking = False
