"""Events that wait for the next frame: the newest of each kind, and how many had to go for them."""

from __future__ import annotations

from collections import deque
from itertools import chain
from operator import itemgetter

from poolapp.engine.events import TASK_EVENTS, Event

KEPT_EVENTS = 2000
# Those of about a hundred tasks, as many as a dashboard lists; nobody can read more before the next frame comes.
KEPT_TASK_EVENTS = 300


class Backlog:
    """Keeps events of pools, of failures and of all tasks apart: a flood of one sweeps away none of the others."""

    def __init__(self) -> None:
        self._count = 0
        self._dropped = 0
        self.total_dropped = 0
        self._of_pools: deque[tuple[int, str, Event]] = deque(maxlen=KEPT_EVENTS)
        failures: deque[tuple[int, str, Event]] = deque(maxlen=KEPT_TASK_EVENTS)
        tasks: deque[tuple[int, str, Event]] = deque(maxlen=KEPT_TASK_EVENTS)
        self._lanes = {"task_error": failures, **dict.fromkeys(TASK_EVENTS, tasks)}
        self._all = (self._of_pools, failures, tasks)

    def add(self, alias: str, event: Event) -> None:
        lane = self._lanes.get(event.name, self._of_pools)
        if len(lane) == lane.maxlen:
            self.lost(1)
        self._count += 1
        lane.append((self._count, alias, event))

    def take(self) -> tuple[list[tuple[str, Event]], int]:
        """The events in the order in which they came, and how many are missing among them; nothing waits any more."""
        waiting = sorted(chain.from_iterable(self._all), key=itemgetter(0))
        events, dropped = [(alias, event) for _, alias, event in waiting], self._dropped
        for lane in self._all:
            lane.clear()
        self._dropped = 0
        return events, dropped

    def lost(self, count: int, again: int = 0) -> None:
        """Count events that no frame will tell; those lost `again` were counted before, and told by nobody."""
        self._dropped += count + again
        self.total_dropped += count
