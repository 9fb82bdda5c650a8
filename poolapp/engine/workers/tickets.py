"""The ticket pipe: what tells, exactly, which tasks a worker has begun.

The pool writes one byte for every task that it commits, the number of the task's batch, before it sends the batch.
The worker takes one byte before it begins a task. Whoever reads a byte has it alone: what the pool reads back are
tasks that will never begin in that worker, from the end of each batch, and what is left in the pipe when a worker
has died had not begun.

Where the rest of a batch was taken back, what the worker reads is a ticket of a later one. It keeps that, and leaves a
note of it where the pool finds it should the worker die before it uses it.
"""

from __future__ import annotations

import array
import fcntl
import os
import termios
from collections.abc import Callable


class TicketOffice:
    """The pool's end. It holds the reading side as well, to take tickets back.

    in_hand: tells the batch of a ticket that the worker has read and not used, None if there is none.
    """

    def __init__(self, in_hand: Callable[[], int | None]) -> None:
        self._in_hand = in_hand
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

    def inherit(self) -> list[int]:
        """Take back what the worker has not used, now that it is dead."""
        ticket = self._in_hand()
        return self.take_back() if ticket is None else [ticket, *self.take_back()]

    def left(self) -> int:
        """How many tickets the worker has not used."""
        count = array.array("i", [0])
        fcntl.ioctl(self._read_fd, termios.FIONREAD, count)
        return count[0] + (self._in_hand() is not None)

    def close(self) -> None:
        os.close(self._read_fd)
        os.close(self._write_fd)


class TicketHolder:
    """The worker's end.

    leave_note: notes the batch of the ticket that was read and not used, None once there is none.
    """

    def __init__(self, fd: int, leave_note: Callable[[int | None], object]) -> None:
        self._fd = fd
        self._leave_note = leave_note
        self._in_hand: int | None = None  # a ticket of a later batch

    def may_begin(self, batch_number: int) -> bool:
        """Whether the next task of this batch is ours to run; if not, the rest of the batch was taken back."""
        if self._in_hand is not None:
            if is_ours := self._in_hand == batch_number:
                self._keep(None)
            return is_ours
        try:
            ticket = os.read(self._fd, 1)[0]
        except (BlockingIOError, IndexError):
            return False
        if ticket != batch_number:
            self._keep(ticket)
        return ticket == batch_number

    def _keep(self, ticket: int | None) -> None:
        self._in_hand = ticket
        self._leave_note(ticket)
