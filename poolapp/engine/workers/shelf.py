"""A shelf: shared memory in which a pool and one of its workers leave what is too large for their socket.

One side puts, the other takes. The first page has a mark for every parcel that was put and not taken yet, and a note
that the side which puts may leave in case it dies. Behind it is a ring for parcels of ordinary size, which keeps its
memory, and behind that the place for a huge one, of which there is one at a time, and which takes its memory with it.
A parcel is copied once on each side, and by neither piecemeal.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
from collections import deque
from collections.abc import Sequence

from poolapp.engine.workers.descriptors import mapped, nameless_file

MARKS = 64
PUT = 1  # the mark of a parcel that was put and not taken
NOTE = slice(MARKS, MARKS + 2)  # whether there is one, and its number
FIRST = mmap.PAGESIZE  # where the ring begins
RING = 8 * 2**20
BASE = FIRST + RING  # where a huge parcel begins
HUGE = RING // 2

Place = tuple[int, int, int]
"""Mark, offset and size of a parcel."""

PLACE = struct.Struct("=IQQ")


def make_shelf() -> int:
    """The descriptor of an empty shelf; raises OSError."""
    fd = nameless_file("poolapp-shelf")
    os.ftruncate(fd, BASE)
    return fd


class ShelfPutter:
    """The side that puts, one parcel at a time."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._ring = mapped(fd, BASE)
        self._put: deque[tuple[int, int]] = deque()  # mark and offset of what is in the ring, in the order of putting
        self._huge: int | None = None  # the mark of what is behind the ring
        self._mark = 0  # of the parcel that was put last
        self._head = FIRST  # where the next one goes

    def put(self, buffers: Sequence[bytes], size: int) -> Place | None:
        """Leave a parcel, made of these buffers; None when there is no room for it now, or no memory."""
        self._clear()
        mark = (self._mark + 1) % MARKS
        offset = None if self._ring[mark] else self._room_for(size)
        if offset is None:
            return None
        try:
            self._write(buffers, offset)
        except OSError:
            return None
        self._mark = mark
        self._ring[mark] = PUT
        if offset == BASE:
            self._huge = mark
        else:
            self._put.append((mark, offset))
            self._head = offset + size
        return mark, offset, size

    def leave_note(self, number: int | None) -> None:
        """Leave a number below 256 for the other side to find, or take it away."""
        self._ring[NOTE] = bytes((0, 0) if number is None else (1, number))

    def close(self) -> None:
        self._ring.close()
        os.close(self.fd)

    def _clear(self) -> None:
        """Have the room back of what was taken."""
        while self._put and not self._ring[self._put[0][0]]:
            self._put.popleft()
        if not self._put:
            self._head = FIRST
        if self._huge is not None and not self._ring[self._huge]:
            self._huge = None

    def _room_for(self, size: int) -> int | None:
        if size > HUGE:
            return BASE if self._huge is None else None
        tail = self._put[0][1] if self._put else BASE
        if self._put and self._head <= tail:  # it has come round
            return self._head if size < tail - self._head else None
        if size <= BASE - self._head:
            return self._head
        return FIRST if self._put and size < tail - FIRST else None

    def _write(self, buffers: Sequence[bytes], offset: int) -> None:
        for buffer in buffers:
            end = offset + len(buffer)
            if end <= BASE:
                self._ring[offset:end] = buffer
            else:
                self._write_huge(buffer, offset)
            offset = end

    def _write_huge(self, buffer: bytes, offset: int) -> None:
        """Write behind the ring, without having all that in the address space."""
        left = memoryview(buffer)
        while left:
            written = os.pwrite(self.fd, left, offset)
            offset += written
            left = left[written:]


class ShelfTaker:
    """The side that takes."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._ring = mapped(fd, BASE)
        self._view = memoryview(self._ring)
        self._looked_at: list[tuple[int, bool]] = []  # marks, and whether they are of huge parcels

    def look_at(self, mark: int, offset: int, size: int) -> memoryview:
        """A parcel where it lies; it may be looked at until `take_away`. Raises OSError when memory is short."""
        self._looked_at.append((mark, offset == BASE))
        if offset == BASE:
            return memoryview(mmap.mmap(self.fd, size, offset=BASE, prot=mmap.PROT_READ))
        return self._view[offset : offset + size]

    def take_away(self) -> None:
        """Let go of everything that was looked at."""
        for mark, is_huge in self._looked_at:
            if is_huge:
                with contextlib.suppress(OSError):
                    os.ftruncate(self.fd, BASE)
            self._ring[mark] = 0
        self._looked_at.clear()

    def note(self) -> int | None:
        """The number that the other side has left, if any."""
        is_there, number = self._ring[NOTE]
        return number if is_there else None

    def close(self) -> None:
        self._view.release()
        with contextlib.suppress(BufferError):  # somebody still looks at something; it closes by itself
            self._ring.close()
        os.close(self.fd)
