"""The task functions that can be asked for by name."""

from __future__ import annotations

from django.utils.module_loading import autodiscover_modules

from poolapp.engine.errors import PoolError
from poolapp.engine.tasks import TaskFunction, dotted_path

functions: dict[str, TaskFunction] = {}


def register(task_function: TaskFunction) -> None:
    """Make a task function known under its name; PoolError when another function has the name."""
    known = functions.get(task_function.name)
    # A module that is imported again, by a reloader say, brings the same functions once more.
    if known is not None and dotted_path(known.function) != dotted_path(task_function.function):
        raise PoolError(
            f"two task functions are called {task_function.name!r}:"
            f" {dotted_path(known.function)} and {dotted_path(task_function.function)}"
        )
    functions[task_function.name] = task_function


def discover() -> None:
    """Import the `tasks` module of every installed app."""
    autodiscover_modules("tasks")
