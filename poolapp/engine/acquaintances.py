"""The task functions that a pool has met: by name, as themselves, or as any callable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from poolapp.engine.errors import InvalidOptionType, TaskNotFound
from poolapp.engine.tasks import KnownFunction, TaskFunction, dotted_path

TaskRef = str | TaskFunction | Callable[..., Any]


class Acquaintances:
    """Finds the function that is meant, and remembers what a pool has learned about it.

    functions: those that can be asked for by name; looked at when a name is asked for.
    """

    def __init__(self, functions: Mapping[str, TaskFunction]) -> None:
        self._functions = functions
        self._known: dict[Any, KnownFunction] = {}

    def find(self, task: TaskRef) -> KnownFunction:
        """Raises TaskNotFound for an unknown name, InvalidOptionType for what is neither a function nor a name."""
        key = task.key if isinstance(task, TaskFunction) else task
        try:
            return self._known.get(key) or self._meet(key, task)
        except TypeError:  # a callable that cannot be hashed
            return KnownFunction(self._task_function(task))

    def _meet(self, key: Any, task: TaskRef) -> KnownFunction:
        """Only what can be referred to is remembered; others, such as lambdas, come and go."""
        known = KnownFunction(self._task_function(task))
        return self._known.setdefault(key, known) if known.task_function.reference else known

    def _task_function(self, task: TaskRef) -> TaskFunction:
        if isinstance(task, str):
            if task not in self._functions:
                raise TaskNotFound(f"no task is registered under the name {task!r}")
            return self._functions[task]
        if isinstance(task, TaskFunction):
            return task
        if callable(task):
            return TaskFunction(task, dotted_path(task))
        raise InvalidOptionType(f"a task must be a function or the name of one, not {task!r}")
