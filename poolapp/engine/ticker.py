"""A thread that calls back when time matters, and sleeps while it does not."""

from __future__ import annotations

import contextlib
import math
import queue
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
        # An Event would do, but for signal handlers that raise in the middle of setting it.
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Call `tick` soon."""
        if not self._wakes.qsize():
            self._wakes.put(None)

    def wake_by(self, time: float) -> None:
        """Call `tick` by this time at the latest."""
        if time < self.due:
            self.wake()

    def stop(self) -> None:
        self._stopped = True
        self._wakes.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped:
            self._sleep()
            if not self._stopped:
                self.due = math.inf
                due = self._tick()
                self.due = math.inf if due is None else due

    def _sleep(self) -> None:
        """Wait until it is time, or somebody has called `wake`; that counts once, however often it was."""
        with contextlib.suppress(queue.Empty):
            self._wakes.get(timeout=self._pause())
        with contextlib.suppress(queue.Empty):
            while True:
                self._wakes.get_nowait()

    def _pause(self) -> float | None:
        if self.due == math.inf:
            return None
        return min(max(0.001, self.due - self._read_clock()), threading.TIMEOUT_MAX)
