"""A thread that calls back, so that whoever is called and takes its time holds up nobody but others who are called."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

logger = logging.getLogger("poolapp")


class CallbackThread:
    """Calls back in order, from a daemon thread that lives as long as there is something to call.

    Where there can be no more threads, at the end of the interpreter for instance, whoever calls does it. Anything may
    be asked of it at any time, also by a signal handler that has interrupted one of its methods.

    about: what is called, for the log.
    """

    def __init__(self, name: str, about: str = "A callback of a future") -> None:
        self._name = name
        self._about = about
        self._calls: queue.SimpleQueue[tuple[Callable[[Any], object], Any]] = queue.SimpleQueue()
        self._is_running = False
        self._starting = threading.RLock()
        self._thread: threading.Thread | None = None

    @property
    def waiting(self) -> int:
        """How many calls are still to be made."""
        return self._calls.qsize()

    @property
    def is_here(self) -> bool:
        """Whether the caller is being called back."""
        return threading.current_thread() is self._thread

    def call(self, function: Callable[[Any], object], argument: Any) -> None:
        """Call a function soon; what it raises is logged."""
        self._calls.put((function, argument))
        if not self._is_running and not self._start():
            self._run()

    def hear_out(self, seconds: float) -> None:
        """Wait until everybody was called who is to be called now, `seconds` at the most; not while being called."""
        if self.is_here or not self._is_running:
            return
        all_called = threading.Event()
        self.call(lambda _: all_called.set(), None)
        all_called.wait(min(seconds, threading.TIMEOUT_MAX))

    def _start(self) -> bool:
        """Start the thread, unless somebody else has; False when that is not possible, and the caller has to do it."""
        with self._starting:
            if self._is_running:
                return True
            self._is_running = True  # first: a signal handler may come along here
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            try:
                self._thread.start()
            except RuntimeError:
                self._thread = threading.current_thread()
                return False
            return True

    def _run(self) -> None:
        while True:
            try:
                function, argument = self._calls.get_nowait()
            except queue.Empty:
                if self._may_end():
                    return
                continue
            try:
                function(argument)
            except BaseException:
                logger.exception("%s failed", self._about)

    def _may_end(self) -> bool:
        with self._starting:  # whoever puts something in from here on will start another thread
            self._is_running = self._calls.qsize() > 0
            return not self._is_running
