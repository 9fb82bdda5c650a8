"""The tasks that wait for one worker: the most urgent first, and first in, first out among equals."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from poolapp.engine.tasks import Lane, Task

Slots = tuple[int, ...] | None
LaneKey = Lane | tuple[int, Slots, int]


class TaskQueue:
    """Tasks in lanes: one lane for all of the same priority that may run in the same slots.

    Ranks rise along a lane, and the head with the lowest one goes first. New tasks have the highest rank of their lane;
    an older one, which comes from another queue, gets a lane beside it when it cannot go to the end. So there are few
    lanes, mostly one, and every operation takes the same time however long the queue is, removal included.

    count: how many tasks wait, which is also its length; peak: how many have waited at the most.
    """

    __slots__ = ("_lanes", "count", "peak")

    def __init__(self) -> None:
        self._lanes: dict[LaneKey, OrderedDict[Task, None]] = {}
        self.count = 0
        self.peak = 0

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Task]:
        return iter(sorted((task for lane in self._lanes.values() for task in lane), key=_rank))

    def __contains__(self, task: Task) -> bool:
        return self._key_of(task) is not None

    def push(self, task: Task) -> None:
        """Put a new task behind its equals."""
        self._add(task.function.lane, task)

    def insert(self, task: Task) -> None:
        """Put a task that has waited elsewhere in its place."""
        key: LaneKey = task.function.lane
        for beside in itertools.count(1):
            lane = self._lanes.get(key)
            if not lane or _rank(next(reversed(lane))) < _rank(task):
                return self._add(key, task)
            key = (*task.function.lane, beside)
        return None

    def push_front(self, tasks: Iterable[Task]) -> None:
        """Put tasks that were popped back in front, in their order."""
        for task in reversed(list(tasks)):
            key = task.function.lane
            self._add(key, task)
            self._lanes[key].move_to_end(task, last=False)

    def first(self) -> Task:
        """The task that would be popped next."""
        return next(iter(self._lanes[self._first_lane()]))

    def pop(self) -> Task:
        """Take the first task."""
        key = self._first_lane()
        task, _ = self._lanes[key].popitem(last=False)
        self._taken(key, 1)
        return task

    def remove(self, task: Task) -> None:
        """Take out a task wherever it stands; KeyError when it is not here."""
        key = self._key_of(task)
        if key is None:
            raise KeyError(task)
        del self._lanes[key][task]
        self._taken(key, 1)

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
        for key in sorted(lanes, key=lambda key: _head_rank(self._lanes[key])):
            lane = self._lanes[key]
            share = list(islice(lane, 0, 2 * (most - len(taken)), 2))
            for task in share:
                del lane[task]
            self._taken(key, len(share))
            taken += share
        return sorted(taken, key=_rank) if len(lanes) > 1 else taken

    def take_where(self, slots_match: Callable[[Slots], bool]) -> list[Task]:
        """Take all tasks whose slots (None: any) fulfil a condition, in their order."""
        keys = [key for key in self._lanes if slots_match(key[1])]
        taken = [task for key in keys for task in self._lanes.pop(key)]
        self.count -= len(taken)
        return sorted(taken, key=_rank) if len(keys) > 1 else taken

    def bound_slots(self) -> set[tuple[int, ...]]:
        """The sets of slots to which tasks are bound that wait here."""
        return {key[1] for key, lane in self._lanes.items() if key[1] is not None and lane}

    def _add(self, key: LaneKey, task: Task) -> None:
        lane = self._lanes.get(key)
        if lane is None:
            if not self.count:
                self._lanes.clear()  # the empty lane that was kept
            lane = self._lanes[key] = OrderedDict()
        lane[task] = None
        self.count += 1
        if self.count > self.peak:
            self.peak = self.count

    def _key_of(self, task: Task) -> LaneKey | None:
        """The key of the lane in which a task stands."""
        key: LaneKey = task.function.lane
        for beside in itertools.count(1):
            lane = self._lanes.get(key)
            if lane is not None and task in lane:
                return key
            if beside > len(self._lanes):
                return None
            key = (*task.function.lane, beside)
        return None

    def _first_lane(self) -> LaneKey:
        if len(self._lanes) == 1:
            return next(iter(self._lanes))
        return min(self._lanes, key=lambda key: _head_rank(self._lanes[key]))

    def _taken(self, key: LaneKey, count: int) -> None:
        """Note that tasks have left a lane; an empty one goes, unless it is the last, which is likely to fill again."""
        self.count -= count
        if not self._lanes[key] and len(self._lanes) > 1:
            del self._lanes[key]


def may_run(slots: Slots, slot: int) -> bool:
    """Whether a task with these slots may run in this one."""
    return slots is None or slot in slots


def _rank(task: Task) -> tuple[float, int]:
    return task.rank, task.number


def _head_rank(lane: OrderedDict[Task, None]) -> tuple[float, int]:
    return _rank(next(iter(lane)))
