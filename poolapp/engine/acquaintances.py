"""The task functions that a pool has met: by name, as themselves, or as any callable."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from poolapp.engine.errors import InvalidOption, InvalidOptionType, TaskNotFound
from poolapp.engine.tasks import KnownFunction, TaskFunction, dotted_path
from poolapp.engine.validation import require_name, require_text

TaskRef = str | TaskFunction | Callable[..., Any]

DEFAULT = "default"
"""A name for the default task, whichever that is."""
A_NAME = "a task's name"


class Acquaintances:
    """Finds the function that is meant, and remembers what a pool has learned about it.

    functions: those that can be asked for by name; looked at when a name is asked for, since there may be more later.
    """

    def __init__(self, functions: Mapping[str, TaskFunction]) -> None:
        self._functions = functions
        self._added: dict[str, TaskFunction] = {}
        self._default: str | None = None
        self._known: dict[Any, KnownFunction] = {}

    def find(self, task: TaskRef | None) -> KnownFunction:
        """Raises TaskNotFound for an unknown name, InvalidOptionType for what is neither a function nor a name."""
        if task is None or task == DEFAULT:
            task = self._default_name()
        key = task.key if isinstance(task, TaskFunction) else task
        try:
            return self._known.get(key) or self._meet(key, task)
        except TypeError:  # a callable that cannot be hashed
            return KnownFunction(self._task_function(task))

    def named(self, name: str, function: Callable[..., Any] | TaskFunction) -> TaskFunction:
        """A function under another name, with the options that it has as a task function."""
        self._require_free(name)
        if isinstance(function, TaskFunction):
            return dataclasses.replace(function, name=name)
        if callable(function):
            return TaskFunction(function, name)
        raise InvalidOptionType(f"a task must be a function, not {function!r}")

    def add(self, function: TaskFunction) -> None:
        """Let a function be asked for by its name."""
        self._added[function.name] = function
        self._known.pop(function.name, None)

    def remove(self, name: str) -> None:
        """Forget a function that was added."""
        require_text(A_NAME, name)
        if name not in self._added:
            where = "is registered, not added" if name in self._functions else "was not added"
            raise TaskNotFound(f"only tasks that were added can be removed; {name!r} {where}")
        if name == self._default:
            raise InvalidOption(f"the default task cannot be removed, and {name!r} is it")
        added = self._added.pop(name)
        self._known.pop(name, None)
        self._known.pop(added.key, None)

    def forget_statistics(self) -> None:
        """Let go of what the tasks of each function have done: the books that it stood in are closed."""
        for known in list(self._known.values()):
            known.usage = None

    def has(self, name: str) -> bool:
        require_text(A_NAME, name)
        return name in self._added or name in self._functions

    def function(self, name: str) -> TaskFunction:
        """What has this name, with the options that it was made with; raises TaskNotFound for an unknown one."""
        require_text(A_NAME, name)
        return self._task_function(name)

    def set_default(self, name: str) -> None:
        self._require_free(name)
        self._task_function(name)
        self._default = name

    def describe(self) -> list[dict[str, Any]]:
        """All names, the default first, each with the options that differ from those of any task."""
        names = list(dict.fromkeys([*self._functions, *self._added]))
        if names:
            default = self._default_name()
            names.sort(key=lambda name: name != default)
        return [
            {"name": name, **_options(self._task_function(name)), "default": index == 0}
            for index, name in enumerate(names)
        ]

    def _default_name(self) -> str:
        name = self._default or next(iter([*self._functions, *self._added]), None)
        if name is None:
            raise TaskNotFound("there is no default task, since no task has a name")
        return name

    def _require_free(self, name: object) -> None:
        require_name(A_NAME, name)
        if name == DEFAULT:
            raise InvalidOption(f"the name {DEFAULT!r} stands for the default task and cannot be given to another")

    def _meet(self, key: Any, task: TaskRef) -> KnownFunction:
        """Only what can be referred to is remembered; others, such as lambdas, come and go."""
        known = KnownFunction(self._task_function(task))
        return self._known.setdefault(key, known) if known.task_function.reference else known

    def _task_function(self, task: TaskRef) -> TaskFunction:
        if isinstance(task, str):
            found = self._added.get(task) or self._functions.get(task)
            if found is None:
                raise TaskNotFound(f"no task is registered under the name {task!r}")
            return found
        if isinstance(task, TaskFunction):
            return TaskFunction(task.function, task.name)  # without what is special about one call
        if callable(task):
            return TaskFunction(task, dotted_path(task))
        raise InvalidOptionType(f"a task must be a function or the name of one, not {task!r}")


def _options(function: TaskFunction) -> dict[str, Any]:
    options = {name: getattr(function, name) for name in ("priority", "strategy", "workers", "timeout")}
    return {name: value for name, value in options.items() if value not in (None, 0)}
