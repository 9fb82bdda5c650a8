"""The ticket pipe: what tells, exactly, which tasks a worker has begun.

The pool writes one byte for every task that it commits, the number of the task's batch, before it sends the batch.
The worker takes one byte before it begins a task. Whoever reads a byte has it alone: what the pool reads back are
tasks that will never begin in that worker, from the end of each batch, and what is left in the pipe when a worker
has died had not begun.
"""

from __future__ import annotations

import array
import fcntl
import os
import termios


class TicketOffice:
    """The pool's end. It holds the reading side as well, to take tickets back."""

    def __init__(self) -> None:
        self._read_fd, self._write_fd = os.pipe()
        os.set_blocking(self._read_fd, False)
        os.set_blocking(self._write_fd, False)

    @property
    def read_fd(self) -> int:
        """The descriptor that the worker needs."""
        return self._read_fd

    def issue(self, batch_number: int, count: int) -> None:
        """Write tickets for the tasks of a batch."""
        os.write(self._write_fd, bytes((batch_number,)) * count)

    def take_back(self) -> list[int]:
        """Read all tickets that the worker has not taken: batch numbers, once for every task."""
        try:
            return list(os.read(self._read_fd, 65536))
        except BlockingIOError:
            return []

    def left(self) -> int:
        """How many tickets the worker has not taken."""
        count = array.array("i", [0])
        fcntl.ioctl(self._read_fd, termios.FIONREAD, count)
        return count[0]

    def close(self) -> None:
        os.close(self._read_fd)
        os.close(self._write_fd)


class TicketHolder:
    """The worker's end."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._ahead: int | None = None  # a ticket of a later batch that was read already

    def may_begin(self, batch_number: int) -> bool:
        """Whether the next task of this batch is ours to run; if not, the rest of the batch was taken back."""
        ticket = self._ahead
        if ticket is None:
            try:
                ticket = os.read(self._fd, 1)[0]
            except (BlockingIOError, IndexError):
                return False
        self._ahead = None if ticket == batch_number else ticket
        return ticket == batch_number
