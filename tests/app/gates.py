"""Gates at which tasks wait, so that tests know that one has begun and decide when it ends."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO


class Gate:
    """A named pipe: a task that opens it waits until the test opens it too, and reads until the test closes it."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self._pipe = path
        self._end: TextIO | None = None
        os.mkfifo(path)

    def wait_for_task(self) -> None:
        """Return once a task waits at the gate."""
        self._end = self._pipe.open("w")  # stays open until the task may go on

    def open(self) -> None:
        """Let the task go on."""
        if self._end is None:
            self.wait_for_task()
        assert self._end is not None
        self._end.close()

    def tear_down(self) -> None:
        """Let go whoever waits, also one who comes later."""
        if self._end is not None:
            self._end.close()
        # Opened both ways a pipe never blocks, and wakes those who wait for the other end.
        os.close(os.open(self.path, os.O_RDWR | os.O_NONBLOCK))
        self._pipe.unlink()
