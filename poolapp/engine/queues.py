"""The tasks that wait for one worker: the most urgent first, and first in, first out among equals."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from poolapp.engine.tasks import Lane, Task

Slots = tuple[int, ...] | None
LaneKey = Lane | tuple[int, Slots, int]

# What was removed is cleared away when there is more of it than tasks that wait, and this many.
FEW = 64


class TaskQueue:
    """Tasks in lanes: one lane for all of the same priority that may run in the same slots.

    Ranks rise along a lane, and the head with the lowest one goes first. New tasks have the highest rank of their lane;
    an older one, which comes from another queue, gets a lane beside it when it cannot go to the end. So there are few
    lanes, mostly one, and every operation takes the same time however long the queue is, removal included: what is
    removed from the middle of a lane stays there, without counting, until it has come to the head.

    count: how many tasks wait, which is also its length; peak: how many have waited at the most.
    """

    __slots__ = ("_lanes", "_removed", "count", "peak")

    def __init__(self) -> None:
        self._lanes: dict[LaneKey, deque[Task]] = {}
        self._removed: set[Task] = set()  # they still stand in their lanes, but at no head
        self.count = 0
        self.peak = 0

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Task]:
        return iter(sorted(self._present(*self._lanes.values()), key=_rank))

    def __contains__(self, task: Task) -> bool:
        return task.queue is self

    def push(self, task: Task) -> None:
        """Put a new task behind its equals."""
        self._lane(task.function.lane).append(task)
        task.queue = self
        self.count += 1
        if self.count > self.peak:
            self.peak = self.count

    def insert(self, task: Task) -> None:
        """Put a task that has waited elsewhere in its place."""
        self._require_gone(task)
        key: LaneKey = task.function.lane
        for beside in itertools.count(1):
            lane = self._lanes.get(key)
            if not lane or _rank(lane[-1]) < _rank(task):
                break
            key = (*task.function.lane, beside)
        self._lane(key).append(task)
        self._added(task)

    def push_front(self, tasks: Iterable[Task]) -> None:
        """Put tasks that were popped back in front, in their order."""
        for task in reversed(list(tasks)):
            self._require_gone(task)
            self._lane(task.function.lane).appendleft(task)
            self._added(task)

    def first(self) -> Task:
        """The task that would be popped next."""
        return self._lanes[self._first_lane()][0]

    def pop(self) -> Task:
        """Take the first task."""
        key = self._first_lane()
        task = self._pop_from(self._lanes[key])
        self._drop_if_empty(key)
        return task

    def pop_some(self, most: float, seconds: float) -> tuple[list[Task], float]:
        """Take the first task, and those behind it as long as all together are expected to take `seconds`.

        Returns the tasks, `most` of them at the most, and how long they are expected to take, in seconds.
        """
        tasks: list[Task] = []
        expected_time = 0.0
        while self.count and len(tasks) < most:
            key = self._first_lane()
            lane = self._lanes[key]
            task = lane[0]
            cost = task.known.expected + task.freight
            if tasks and expected_time + cost > seconds:
                break
            tasks.append(self._pop_from(lane))
            expected_time += cost
            if not lane:
                self._drop_if_empty(key)
        return tasks, expected_time

    def remove(self, task: Task) -> None:
        """Take out a task wherever it stands; KeyError when it is not here."""
        if task.queue is not self:
            raise KeyError(task)
        task.queue = None
        self.count -= 1
        self._removed.add(task)
        for key in list(self._lanes):
            self._clear_head(self._lanes[key])
            self._drop_if_empty(key)
        if len(self._removed) > self.count + FEW:
            self._clear_away()

    def clear(self) -> list[Task]:
        """Take all tasks, in their order."""
        return self.take_where(lambda _: True)

    def has_for(self, slot: int) -> bool:
        """Whether a worker in this slot may run one of the tasks."""
        return self.count > 0 and any(lane and may_run(key[1], slot) for key, lane in self._lanes.items())

    def take_every_second(self, slot: int, most: int) -> list[Task]:
        """Take every second of the tasks that a worker in this slot may run, beginning with the most urgent."""
        taken: list[Task] = []
        lanes = [key for key, lane in self._lanes.items() if lane and may_run(key[1], slot)]
        for key in sorted(lanes, key=lambda key: _rank(self._lanes[key][0])):
            taken += self._take_every_second(self._lanes[key], most - len(taken))
            self._drop_if_empty(key)
        return sorted(taken, key=_rank) if len(lanes) > 1 else taken

    def take_where(self, slots_match: Callable[[Slots], bool]) -> list[Task]:
        """Take all tasks whose slots (None: any) fulfil a condition, in their order."""
        keys = [key for key in self._lanes if slots_match(key[1])]
        lanes = [self._lanes.pop(key) for key in keys]
        taken = list(self._present(*lanes))
        self._removed.difference_update(*lanes)
        for task in taken:
            task.queue = None
        self.count -= len(taken)
        return sorted(taken, key=_rank) if len(keys) > 1 else taken

    def bound_slots(self) -> set[tuple[int, ...]]:
        """The sets of slots to which tasks are bound that wait here."""
        return {key[1] for key, lane in self._lanes.items() if key[1] is not None and lane}

    def _present(self, *lanes: Iterable[Task]) -> Iterator[Task]:
        """The tasks in lanes, without those that were removed."""
        return (task for lane in lanes for task in lane if task not in self._removed)

    def _lane(self, key: LaneKey) -> deque[Task]:
        lane = self._lanes.get(key)
        if lane is None:
            if not self.count:
                self._lanes.clear()  # the empty lane that was kept
            lane = self._lanes[key] = deque()
        return lane

    def _added(self, task: Task) -> None:
        task.queue = self
        self.count += 1
        self.peak = max(self.peak, self.count)

    def _first_lane(self) -> LaneKey:
        if len(self._lanes) == 1:
            return next(iter(self._lanes))
        return min(self._lanes, key=lambda key: _rank(self._lanes[key][0]))

    def _pop_from(self, lane: deque[Task]) -> Task:
        task = lane.popleft()
        task.queue = None
        self.count -= 1
        if self._removed:
            self._clear_head(lane)
        return task

    def _take_every_second(self, lane: deque[Task], most: int) -> list[Task]:
        taken: list[Task] = []
        left: list[Task] = []
        while lane and len(taken) < most:
            taken.append(self._pop_from(lane))
            if lane:
                left.append(self._pop_from(lane))
        for task in reversed(left):
            lane.appendleft(task)
            self._added(task)
        return taken

    def _require_gone(self, task: Task) -> None:
        """See to it that a task which comes back does not stand here twice."""
        if task in self._removed:
            self._clear_away()

    def _clear_head(self, lane: deque[Task]) -> None:
        """Let what was removed go from the head of a lane."""
        while lane and lane[0] in self._removed:
            self._removed.remove(lane.popleft())

    def _clear_away(self) -> None:
        """Let everything go that was removed."""
        for key, lane in self._lanes.items():
            self._lanes[key] = deque(self._present(lane))
        self._removed.clear()

    def _drop_if_empty(self, key: LaneKey) -> None:
        """Let an empty lane go, unless it is the last, which is likely to fill again."""
        if not self._lanes[key] and len(self._lanes) > 1:
            del self._lanes[key]


def may_run(slots: Slots, slot: int) -> bool:
    """Whether a task with these slots may run in this one."""
    return slots is None or slot in slots


def _rank(task: Task) -> tuple[float, int]:
    return task.rank, task.number
