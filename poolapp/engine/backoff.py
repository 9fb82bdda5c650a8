"""How long to wait before a worker that failed to start is tried again."""

from __future__ import annotations

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 30.0


class Backoff:
    """Pauses that double with every failure in a row, per slot; all in seconds."""

    def __init__(self) -> None:
        self._failures: dict[int, int] = {}
        self._not_before: dict[int, float] = {}

    def failed(self, slot: int, now: float) -> None:
        failures = self._failures[slot] = self._failures.get(slot, 0) + 1
        self._not_before[slot] = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1))

    def succeeded(self, slot: int) -> None:
        self._failures.pop(slot, None)
        self._not_before.pop(slot, None)

    def allows(self, slot: int, now: float) -> bool:
        return self._not_before.get(slot, now) <= now

    def failures(self, slot: int) -> int:
        """Failures in a row."""
        return self._failures.get(slot, 0)

    def next_time(self, now: float) -> float | None:
        """When the next pause ends."""
        return min((time for time in self._not_before.values() if time > now), default=None)
