"""Things to be carried out in order, by whoever is there, one thread at a time and without waiting."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Outbox(Generic[T]):
    """A line of items that any thread may add to and any thread may carry out.

    Put items in while you hold the lock that orders them; drain after you have released it. When another thread
    drains already, it takes yours along, so that nobody ever waits and the order is kept.
    """

    def __init__(self, carry_out: Callable[[T], None]) -> None:
        self._carry_out = carry_out
        self.items: deque[T] = deque()
        self._draining = threading.Lock()
        self._drainer: int | None = None  # the thread that drains

    @property
    def is_drained_here(self) -> bool:
        """Whether the calling thread is just carrying something out."""
        return self._drainer == threading.get_ident()

    def put(self, item: T) -> None:
        self.items.append(item)

    def drain(self) -> None:
        """Carry out what is there; `carry_out` must not raise."""
        while self.items and self._draining.acquire(blocking=False):
            self._drainer = threading.get_ident()
            try:
                while self.items:
                    self._carry_out(self.items.popleft())
            finally:
                self._drainer = None
                self._draining.release()

    def settle_down(self, seconds: float) -> None:
        """See to it that what was put in is carried out; waits `seconds` at the most for a thread that is at it."""
        if not self.is_drained_here and self._draining.acquire(timeout=min(seconds, threading.TIMEOUT_MAX)):
            self._draining.release()
            self.drain()
