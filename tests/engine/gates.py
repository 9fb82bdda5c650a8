"""Gates that hold tasks, in any kind of worker, until the test lets them pass."""

from __future__ import annotations

import os
import select
from pathlib import Path

from poolapp.engine import Pool, TaskFuture
from tests.engine import functions

PATIENCE = 10.0  # seconds


class Gate:
    """Two named pipes: tasks say in one that they have arrived, and take a permit from the other."""

    def __init__(self, directory: Path, name: str = "gate") -> None:
        self.paths = (str(directory / f"{name}-arrivals"), str(directory / f"{name}-permits"))
        for path in self.paths:
            os.mkfifo(path)
        # Opened both ways a pipe never blocks, and keeps what is in it.
        self._arrivals, self._permits = (os.open(path, os.O_RDWR) for path in self.paths)

    def hold(self, pool: Pool) -> TaskFuture:
        """Give the pool a task that waits here."""
        return pool.execute(functions.pass_gate, *self.paths)

    def wait_for_task(self) -> None:
        """Return once another task has begun and waits here."""
        readable, _, _ = select.select([self._arrivals], [], [], PATIENCE)
        assert readable, "no task came to the gate"
        os.read(self._arrivals, 1)

    def open(self, count: int = 1) -> None:
        """Let tasks pass, also those that are still to come."""
        os.write(self._permits, b"." * count)

    def close(self) -> None:
        """Let go of whoever still waits."""
        os.write(self._permits, b"." * 100)
        os.close(self._arrivals)
        os.close(self._permits)
