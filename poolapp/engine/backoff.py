"""How long to wait before a slot whose workers do not last gets another one; all times in seconds."""

from __future__ import annotations

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 30.0
# Workers that die young are replaced at once so many times in a row, and then with pauses, shorter ones where they
# die of the tasks that they run: every one of them takes a task along.
FREE_CRASHES = 5
LONGEST_PAUSE_FOR_TASKS = 1.0


class Backoff:
    """Counts, per slot, the workers in a row that were of no use, and doubles the pause with each.

    A worker fails when it ends before it is ready. It crashes when it ends soon after, which may be the fault of a task
    or of somebody who has killed it: that costs a pause only when it goes on.
    """

    def __init__(self) -> None:
        self._failures: dict[int, int] = {}
        self._crashes: dict[int, int] = {}
        self._not_before: dict[int, float] = {}

    def failed(self, slot: int, now: float) -> None:
        failures = self._failures[slot] = self._failures.get(slot, 0) + 1
        self._not_before[slot] = now + _pause(failures, LONGEST_PAUSE)

    def crashed(self, slot: int, now: float, *, by_task: bool) -> None:
        crashes = self._crashes[slot] = self._crashes.get(slot, 0) + 1
        if crashes > FREE_CRASHES:
            longest = LONGEST_PAUSE_FOR_TASKS if by_task else LONGEST_PAUSE
            self._not_before[slot] = now + _pause(crashes - FREE_CRASHES, longest)

    def succeeded(self, slot: int) -> None:
        self._failures.pop(slot, None)
        self._crashes.pop(slot, None)
        self._not_before.pop(slot, None)

    def allows(self, slot: int, now: float) -> bool:
        return self._not_before.get(slot, now) <= now

    def failures(self, slot: int) -> int:
        """Failures in a row."""
        return self._failures.get(slot, 0)

    def holds_back(self, slot: int) -> bool:
        """Whether so many crashes in a row have come that there are pauses between them."""
        return self._crashes.get(slot, 0) > FREE_CRASHES

    def next_time(self, now: float) -> float | None:
        """When the next pause ends."""
        return min((time for time in self._not_before.values() if time > now), default=None)


def _pause(count: int, longest: float) -> float:
    # Doubled for ever it would become too large a number.
    return min(longest, FIRST_PAUSE * 2.0 ** min(count - 1, 20))
