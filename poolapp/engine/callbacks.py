"""A thread for the callbacks of futures, so that one that takes its time holds nobody up but other callbacks."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

logger = logging.getLogger("poolapp")


class CallbackThread:
    """Calls back in order, from a daemon thread that lives as long as there is something to call."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: queue.SimpleQueue[tuple[Callable[[Any], object], Any]] = queue.SimpleQueue()
        self._waiting = 0
        self._lock = threading.Lock()

    def call(self, function: Callable[[Any], object], argument: Any) -> None:
        """Call a function soon; what it raises is logged."""
        self._calls.put((function, argument))
        with self._lock:
            self._waiting += 1
            is_first = self._waiting == 1
        if is_first:
            threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def _run(self) -> None:
        while True:
            function, argument = self._calls.get()
            try:
                function(argument)
            except BaseException:
                logger.exception("A callback of a future failed")
            with self._lock:
                self._waiting -= 1
                if not self._waiting:
                    return
