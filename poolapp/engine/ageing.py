"""Ageing: who waits becomes more urgent, so that nothing waits for ever behind what is more important."""

from __future__ import annotations

# How many waiting tasks make waiting worth twice as much; poolifier's size of a bucket.
CAPACITY = 2048


class Ageing:
    """A clock that counts priority points instead of seconds, and runs faster the more tasks wait.

    A task's rank is its priority plus the reading of this clock when it was submitted, and the lowest rank goes first:
    so a waiting task overtakes a later one of a better priority once the clock has moved on by the difference. Ranks
    never change, so a queue never has to be sorted again, and a task that moves to another queue keeps its place.

    factor: priority points for each second of waiting, while hardly anybody waits.
    exponent: how strongly the load speeds it up: by 1 + ((waiting + 1) / 2048) ** exponent, poolifier's formula.
    """

    def __init__(self, factor: float, exponent: float) -> None:
        self.factor = factor
        self.exponent = exponent
        self._points = 0.0
        self._read_at: float | None = None

    def rank(self, priority: int, waiting: float, now: float) -> float:
        """The rank of a task that is submitted now, while `waiting` others wait for a worker on average."""
        elapsed = now - (self._read_at if self._read_at is not None else now)
        if elapsed >= 0:  # callers read their clocks before they come here one after another
            self._read_at = now
            self._points += elapsed * self.factor * (1 + ((waiting + 1) / CAPACITY) ** self.exponent)
        return priority + self._points
