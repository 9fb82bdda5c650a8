"""Frames on the socket between a pool and a process worker.

A frame is a header (length of the head, length of the payload), a head of plain values in `marshal` form, and a
payload of raw bytes, or the place on the shelf where it lies. Both ends run the same interpreter on the same machine,
which is what `marshal` asks for.
"""

from __future__ import annotations

import marshal
import socket
import struct
from collections import deque
from collections.abc import Sequence
from typing import Any

from poolapp.engine.workers.shelf import PLACE, ShelfPutter, ShelfTaker

HEADER = struct.Struct("=IQ")
ON_SHELF = 2**64 - 1  # in place of the length of a payload: what follows is its place on the shelf
READ_SIZE = 65536
SMALL = 16384
BULKY = 49152  # what is better put on a shelf
MAX_BUFFERS = 512  # of one sendmsg call; the system's limit is 1024 on Linux

Frame = tuple[Any, memoryview]


def frame(head: Any, payloads: Sequence[bytes] = (), shelf: ShelfPutter | None = None) -> list[bytes]:
    """The buffers of one frame, to be sent one after another; a large payload goes on the shelf if there is room."""
    encoded = marshal.dumps(head)
    size = sum(map(len, payloads))
    if size >= BULKY and shelf is not None and (place := shelf.put(payloads, size)) is not None:
        return [HEADER.pack(len(encoded), ON_SHELF) + encoded + PLACE.pack(*place)]
    start = HEADER.pack(len(encoded), size) + encoded
    if size <= SMALL:  # copying is cheaper than one more buffer
        return [start + b"".join(payloads)]
    return [start, *(payload for payload in payloads if payload)]


def small_frame(head: Any, payload: bytes, shelf: ShelfPutter | None = None) -> list[bytes]:
    """The same, a little faster, for what has one payload."""
    if len(payload) > SMALL:
        return frame(head, (payload,), shelf)
    encoded = marshal.dumps(head)
    return [HEADER.pack(len(encoded), len(payload)) + encoded + payload]


class FrameWriter:
    """Sends frames; it keeps what does not fit for the next time, where `flags` or the socket forbid to wait."""

    def __init__(self, sock: socket.socket, flags: int = 0) -> None:
        self._sock = sock
        self._flags = flags
        self._left: deque[memoryview] = deque()

    def send(self, buffers: list[bytes]) -> bool:
        """Send a frame after what is left of others, as `flush` does."""
        if not self._left and len(buffers) == 1:
            try:
                sent = self._sock.send(buffers[0], self._flags)
            except BlockingIOError:
                sent = 0
            if sent == len(buffers[0]):
                return True
            buffers = [buffers[0][sent:]]
        self._left.extend(map(memoryview, buffers))
        return self.flush()

    def flush(self) -> bool:
        """Send as much as the socket takes; whether everything is sent. Raises OSError when nobody reads any more."""
        left = self._left
        while left:
            try:
                sent = self._sock.sendmsg([left[i] for i in range(min(len(left), MAX_BUFFERS))], (), self._flags)
            except BlockingIOError:
                return False
            while left and sent >= len(left[0]):
                sent -= len(left.popleft())
            if sent:
                left[0] = left[0][sent:]
        return True


class FrameReader:
    """Cuts what a socket delivers into frames; what is larger than one read is received in place.

    flags: for every read that does not say otherwise; shelf: where the other side leaves large payloads.
    """

    def __init__(self, sock: socket.socket, flags: int = 0, shelf: ShelfTaker | None = None) -> None:
        self._sock = sock
        self._flags = flags
        self._shelf = shelf
        self._received: deque[bytes] = deque()
        self._buffer = b""
        self._large: bytearray | None = None
        self._filled = 0

    @property
    def is_amid_large(self) -> bool:
        """Whether part of something large has been received in its place."""
        return self._large is not None

    def read(self, flags: int | None = None) -> list[Frame] | None:
        """Read once; the frames that are complete now, None when there is nothing to be read yet.

        Payloads that lie on the shelf are to be looked at before `clear_shelf`, which is to follow.

        Raises EOFError at the end, OSError when the socket is dead.
        """
        return self.frames() if self.receive(flags) else None

    def receive(self, flags: int | None = None) -> bool:
        """The first half of `read`: wait for something, and keep it; whether there is something.

        What has come is kept whatever a signal handler does to the caller, unless it is amid something large: a deque
        that is extended by a map is one step.
        """
        flags = self._flags if flags is None else flags
        try:
            if self._large is None:
                self._received.extend(map(self._sock.recv, (READ_SIZE,), (flags,)))
            else:
                self._receive_large(self._large, flags)
        except BlockingIOError:
            return bool(self._received)
        return True

    def frames(self) -> list[Frame]:
        """The other half: what has become complete."""
        if self._large is not None and not self._received:
            return self._cut_large(self._large)
        data = b"".join(self._received)
        self._received.clear()
        if not data:
            raise EOFError
        return self._cut(self._buffer + data if self._buffer else data)

    def clear_shelf(self) -> None:
        """Let go of all payloads that were read from the shelf."""
        if self._shelf is not None:
            self._shelf.take_away()

    def _cut(self, data: bytes) -> list[Frame]:
        frames, start, view = [], 0, memoryview(data)
        while len(data) - start >= HEADER.size:
            head_size, payload_size = HEADER.unpack_from(data, start)
            is_shelved = payload_size == ON_SHELF
            if is_shelved:
                payload_size = PLACE.size
            body, end = start + HEADER.size, start + HEADER.size + head_size + payload_size
            if end > len(data):
                if end - start > READ_SIZE:
                    self._large = bytearray(end - start)
                    self._filled = len(data) - start
                    self._large[: self._filled] = view[start:]
                    start = len(data)
                break
            payload = view[body + head_size : end]
            if is_shelved and self._shelf is not None:
                payload = self._shelf.look_at(*PLACE.unpack(payload))
            frames.append((marshal.loads(view[body : body + head_size]), payload))
            start = end
        self._buffer = data[start:]
        return frames

    def _receive_large(self, large: bytearray, flags: int) -> None:
        count = self._sock.recv_into(memoryview(large)[self._filled :], 0, flags)
        if not count:
            raise EOFError
        self._filled += count

    def _cut_large(self, large: bytearray) -> list[Frame]:
        if self._filled < len(large):
            return []
        view = memoryview(large)
        head_size, _ = HEADER.unpack_from(large)
        body = HEADER.size + head_size
        self._large = None
        return [(marshal.loads(view[HEADER.size : body]), view[body:])]
