"""Ageing: who waits becomes more urgent, so that nothing waits for ever behind what is more important."""

from __future__ import annotations

from math import inf

# How many waiting tasks make waiting worth twice as much; poolifier's size of a bucket.
CAPACITY = 2048
# More often than this the clock need not be read.
STEP_SECONDS = 0.001


class Ageing:
    """A clock that counts priority points instead of seconds, and runs faster the more tasks wait.

    A task's rank is its priority plus the reading of this clock when it was submitted, and the lowest rank goes first:
    so a waiting task overtakes a later one of a better priority once the clock has moved on by the difference. Ranks
    never change, so a queue never has to be sorted again, and a task that moves to another queue keeps its place.

    points: its reading, in priority points.
    due: when it is to be read again, a reading of the monotonic clock in seconds.
    factor: priority points for each second of waiting, while hardly anybody waits.
    exponent: how strongly the load speeds it up: by 1 + ((waiting + 1) / 2048) ** exponent, poolifier's formula.
    """

    def __init__(self, factor: float, exponent: float) -> None:
        self.factor = factor
        self.exponent = exponent
        self.points = 0.0
        self.due = -inf
        self._read_at: float | None = None

    def advance(self, waiting: float, now: float) -> None:
        """Read the clock, while `waiting` tasks wait for a worker on average; to be done before a task is ranked."""
        elapsed = now - (self._read_at if self._read_at is not None else now)
        self._read_at, self.due = now, now + STEP_SECONDS
        self.points += elapsed * self.factor * (1 + ((waiting + 1) / CAPACITY) ** self.exponent)
