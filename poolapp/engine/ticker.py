"""A thread that calls back when time matters, and sleeps while it does not."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Ticker:
    """Calls `tick` when the seconds that its last call returned have passed (None: never), and when woken."""

    def __init__(self, name: str, tick: Callable[[], float | None]) -> None:
        self._tick = tick
        self._woken = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Call `tick` soon."""
        self._woken.set()

    def stop(self) -> None:
        self._stopped = True
        self._woken.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        pause: float | None = None
        while not self._stopped:
            self._woken.wait(pause if pause is None else min(pause, threading.TIMEOUT_MAX))
            self._woken.clear()
            if not self._stopped:
                pause = self._tick()
