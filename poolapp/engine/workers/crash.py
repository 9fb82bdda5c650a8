"""What a process that crashes leaves behind: where each of its threads was, as faulthandler tells it.

It writes that into a file which exists nowhere but here and there, so that the pool can tell it to whoever waits for
the task; the process itself has no time left to send anything.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os

from poolapp.engine.workers.descriptors import nameless_file

# So much of it is read, in bytes; faulthandler itself stops after a hundred threads.
MOST_TEXT = 64 * 1024


class CrashReport:
    """The pool's end: a file for one process."""

    def __init__(self) -> None:
        self.fd = nameless_file("poolapp-crash")

    def read(self) -> str | None:
        """What the process has left, None when it has not crashed."""
        with contextlib.suppress(OSError):  # closed, in a forked child
            return os.pread(self.fd, MOST_TEXT, 0).decode(errors="replace").strip() or None
        return None

    def close(self) -> None:
        os.close(self.fd)


def report_crashes(fd: int) -> None:
    """Have this process write where it was into a file, if it crashes from now on."""
    faulthandler.enable(fd)
