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
        self._active = False
        self._postponed: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()

    def __enter__(self) -> None:
        self._active = True

    def __exit__(self, *exc_info: object) -> None:
        self._active = False

    @property
    def is_interrupted(self) -> bool:
        """Whether the caller, who holds the lock, has interrupted a decision."""
        return self._active

    def postpone(self, function: Callable[..., object], *args: Any) -> bool:
        """Have a function called after the decision that was interrupted; False when none was."""
        if self._active:
            self._postponed.append((function, args))
        return self._active

    def catch_up(self) -> None:
        """Do what was postponed; to be called without the lock."""
        while self._postponed:
            function, args = self._postponed.popleft()
            function(*args)
