"""What waits to be written to the database: of each task the latest event, of each pool all."""

from __future__ import annotations

from collections import OrderedDict, deque

from poolapp.engine.events import TASK_EVENTS, Event

# So many tasks wait at the most before beginnings of tasks are left out, and twice as many before anything else is.
ROOM = 20_000

Told = tuple[str, Event]
"""The alias of a pool, and what it told."""


class Unwritten:
    """Keeps what the pools told until somebody takes it, within bounds.

    Any thread may add, one takes. Each step is a single operation of a dictionary or deque, so nobody needs a lock
    and nobody waits.
    """

    def __init__(self) -> None:
        self._tasks: OrderedDict[str, Told] = OrderedDict()  # by the id of the task
        self._happened: deque[Told] = deque()

    def __len__(self) -> int:
        return len(self._tasks) + len(self._happened)

    def add(self, alias: str, event: Event) -> bool:
        """Keep an event; False if it is lost, because there is no room.

        A beginning for which there is no room is no loss: the end of the task tells the same once more.
        """
        if event.name in TASK_EVENTS:
            return self._add_task(alias, event)
        if len(self) >= 2 * ROOM:
            return False
        self._happened.append((alias, event))
        return True

    def take(self, limit: int) -> tuple[dict[str, Told], list[Told]]:
        """The oldest tasks and events, up to `limit` of each, which wait no longer."""
        tasks = dict(self._tasks.popitem(last=False) for _ in range(min(limit, len(self._tasks))))
        return tasks, [self._happened.popleft() for _ in range(min(limit, len(self._happened)))]

    def put_back(self, tasks: dict[str, Told], happened: list[Told]) -> None:
        """Let them wait as the oldest again, except tasks of which there is newer news."""
        for task_id in reversed(tasks):
            self._tasks.setdefault(task_id, tasks[task_id])
            self._tasks.move_to_end(task_id, last=False)
        self._happened.extendleft(reversed(happened))

    def _add_task(self, alias: str, event: Event) -> bool:
        task_id = event.details["task_id"]
        is_end = event.name == "task_finished"
        if task_id not in self._tasks and len(self) >= (2 * ROOM if is_end else ROOM):
            return not is_end
        self._tasks[task_id] = (alias, event)
        return True
