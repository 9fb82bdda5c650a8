"""A thread that calls back when time matters, and sleeps while it does not."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable


class Ticker:
    """Calls `tick` when time matters next, as its last call returned it (None: never), and when woken.

    All times are readings of `read_clock`, in seconds.
    """

    def __init__(self, name: str, tick: Callable[[], float | None], read_clock: Callable[[], float]) -> None:
        self._tick = tick
        self._read_clock = read_clock
        self.due = math.inf  # when it will wake by itself; infinite while it ticks, so that nothing is missed
        self._woken = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Call `tick` soon."""
        self._woken.set()

    def wake_by(self, time: float) -> None:
        """Call `tick` by this time at the latest."""
        if time < self.due:
            self._woken.set()

    def stop(self) -> None:
        self._stopped = True
        self._woken.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped:
            self._woken.wait(self._pause())
            self._woken.clear()
            if not self._stopped:
                self.due = math.inf
                due = self._tick()
                self.due = math.inf if due is None else due

    def _pause(self) -> float | None:
        if self.due == math.inf:
            return None
        return min(max(0.001, self.due - self._read_clock()), threading.TIMEOUT_MAX)
