"""Keeps code that interrupts a decision out of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any


class Deciding:
    """Marks that decisions are being made, by the thread that holds the pool's lock.

    A signal handler or a finaliser may interrupt that thread and call the pool again. It would get past the lock, which
    the thread holds, and into a state that is half changed. What it wants is postponed instead, and done afterwards.
    """

    def __init__(self) -> None:
        self.active = False  # set and reset by hand where every microsecond counts
        self.postponed: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()

    def __enter__(self) -> None:
        self.active = True

    def __exit__(self, *exc_info: object) -> None:
        self.active = False

    @property
    def is_interrupted(self) -> bool:
        """Whether the caller, who holds the lock, has interrupted a decision."""
        return self.active

    def postpone(self, function: Callable[..., object], *args: Any) -> bool:
        """Have a function called after the decision that was interrupted; False when none was."""
        if self.active:
            self.postponed.append((function, args))
        return self.active

    def catch_up(self) -> None:
        """Do what was postponed; to be called without the lock."""
        while self.postponed:
            function, args = self.postponed.popleft()
            function(*args)
