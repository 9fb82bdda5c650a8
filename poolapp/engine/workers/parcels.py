"""What travels between a pool and a process worker: arguments, values and exceptions, as bytes."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from poolapp.engine.errors import (
    RemoteError,
    RemoteTraceback,
    ResultNotPicklable,
    TaskNotPicklable,
)
from poolapp.engine.outcomes import Outcome
from poolapp.engine.tasks import Task, load, plain_function
from poolapp.engine.workers.luggage import Values
from poolapp.engine.workers.running import describe

PROTOCOL = pickle.HIGHEST_PROTOCOL
NOTHING = b""  # stands for no arguments, and for None
NO_ARGUMENTS: tuple[Any, ...] = ((), {})


def pack_call(task: Task, values: Values | None = None) -> bytes:
    """A task's arguments, and the values of context variables if there are any.

    The function itself goes with them where it cannot be imported by name. Raises TaskNotPicklable, naming what cannot
    be pickled.
    """
    if task.function.reference is None:
        _refuse_main_script(task)
    elif not task.args and not task.kwargs and not values:
        return NOTHING
    try:
        return pickle.dumps(_parts(task, values), PROTOCOL)
    except Exception as exc:
        raise TaskNotPicklable(_blame(task, values or {}, exc)) from exc


def unpack_call(
    reference: str | None, payload: memoryview, cache: dict[str, Callable[..., Any]]
) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], Values | None]:
    """The function and the arguments of a call, and the values of context variables that came with them.

    `cache` keeps functions that were looked up. Raises TaskNotPicklable when the call cannot be rebuilt here.
    """
    try:
        parts = pickle.loads(payload) if payload else NO_ARGUMENTS
        if reference is None:
            function, *parts = parts
        elif (function := cache.get(reference)) is None:
            function = cache[reference] = plain_function(load(reference))
    except BaseException as exc:
        raise TaskNotPicklable(f"the worker could not rebuild the call: {describe(exc)}") from exc
    return function, parts[0], parts[1], parts[2] if len(parts) > 2 else None


def pack_outcome(outcome: Outcome, name: str) -> tuple[bool, bytes]:
    """Whether the task went well, and its value or error; an unpicklable value becomes an error that says so."""
    if outcome.error is None:
        if outcome.value is None:
            return True, NOTHING
        try:
            return True, pickle.dumps(outcome.value, PROTOCOL)
        except BaseException as exc:
            kind = type(outcome.value).__qualname__
            message = f"the result of {name}, of type {kind}, cannot be pickled: {describe(exc)}"
            return False, _pack_error(ResultNotPicklable(message), outcome.traceback)
    return False, _pack_error(outcome.error, outcome.traceback)


def unpack_value(payload: memoryview) -> Any:
    """The value of a task; raises ResultNotPicklable when it cannot be rebuilt here."""
    if not payload:
        return None
    try:
        return pickle.loads(payload)
    except BaseException as exc:
        raise ResultNotPicklable(f"the result could not be rebuilt: {describe(exc)}") from exc


def unpack_error(payload: memoryview) -> tuple[BaseException, str]:
    """The error of a task, with the remote traceback as its cause, and that traceback as text."""
    description, text, pickled = pickle.loads(payload)
    try:
        error = pickle.loads(pickled) if pickled else RemoteError(description)
    except BaseException:
        error = RemoteError(description)
    if not isinstance(error, Exception):
        error = RemoteError(description)
    if text:
        error.__cause__ = RemoteTraceback(text)
    return error, text


def _pack_error(error: BaseException, text: str) -> bytes:
    try:
        pickled = pickle.dumps(error, PROTOCOL)
    except BaseException:
        pickled = NOTHING
    return pickle.dumps((describe(error), text, pickled), PROTOCOL)


def _parts(task: Task, values: Values | None) -> tuple[Any, ...]:
    """What of a call is pickled: (function,) arguments (, values)."""
    parts: tuple[Any, ...] = (task.args, task.kwargs)
    if values:
        parts += (values,)
    return parts if task.function.reference else (task.function.function, *parts)


def _refuse_main_script(task: Task) -> None:
    if getattr(task.function.function, "__module__", None) == "__main__":
        raise TaskNotPicklable(f"{task.name} is defined in the main script, which a process worker cannot import")


def _blame(task: Task, values: Values, exc: Exception) -> str:
    """What of a call cannot be pickled, by name."""
    parts = [(f"argument {number}", value) for number, value in enumerate(task.args, 1)]
    parts += [(f"argument {name!r}", value) for name, value in task.kwargs.items()]
    parts += [(f"context variable {path}", value) for path, value in values.items()]
    if task.function.reference is None:
        parts.insert(0, ("the function", task.function.function))
    for label, value in parts:
        try:
            pickle.dumps(value, PROTOCOL)
        except Exception as cause:
            hint = "; a process worker needs a function at the top of a module" if label == "the function" else ""
            return f"{label} of {task.name} cannot be pickled: {describe(cause)}{hint}"
    return f"the call of {task.name} cannot be pickled: {describe(exc)}"
