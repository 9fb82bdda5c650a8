"""The tasks that wait for one worker, first in, first out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from poolapp.engine.tasks import Task


class TaskQueue:
    """A queue whose every operation takes the same time however long it is, removal from its middle included."""

    __slots__ = ("_tasks", "peak")

    def __init__(self) -> None:
        self._tasks: OrderedDict[Task, None] = OrderedDict()
        self.peak = 0

    def __len__(self) -> int:
        return len(self._tasks)

    def __iter__(self) -> Iterator[Task]:
        return iter(self._tasks)

    def __contains__(self, task: object) -> bool:
        return task in self._tasks

    def push(self, task: Task) -> None:
        """Put a task at the end."""
        self._tasks[task] = None
        if len(self._tasks) > self.peak:
            self.peak = len(self._tasks)

    def push_front(self, tasks: Iterable[Task]) -> None:
        """Put tasks back at the front, in their order."""
        for task in reversed(list(tasks)):
            self.push(task)
            self._tasks.move_to_end(task, last=False)

    def first(self) -> Task:
        """The task that would be popped next."""
        return next(iter(self._tasks))

    def pop(self) -> Task:
        """Take the first task."""
        return self._tasks.popitem(last=False)[0]

    def pop_last(self, count: int) -> list[Task]:
        """Take the last `count` tasks, in their order."""
        return [self._tasks.popitem()[0] for _ in range(count)][::-1]

    def remove(self, task: Task) -> None:
        """Take out a task wherever it stands; KeyError when it is not here."""
        del self._tasks[task]

    def clear(self) -> list[Task]:
        """Take all tasks, in their order."""
        tasks = list(self._tasks)
        self._tasks.clear()
        return tasks
