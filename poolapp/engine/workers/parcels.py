"""What travels between a pool and a process worker: arguments, values and exceptions, as bytes."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from types import GetSetDescriptorType
from typing import Any

from poolapp.engine.errors import (
    PayloadTooLarge,
    RemoteError,
    RemoteTraceback,
    ResultNotPicklable,
    TaskNotPicklable,
)
from poolapp.engine.outcomes import Outcome
from poolapp.engine.tasks import Task, TaskFunction, load, plain_function
from poolapp.engine.workers.luggage import Values
from poolapp.engine.workers.running import describe

PROTOCOL = pickle.HIGHEST_PROTOCOL
Payload = bytes | list[bytes]
"""A pickle, in one piece or in several: what is large in it and cannot change stands there itself, uncopied."""
BULKY = 2**16  # from this size on, pickle leaves bytes as they are
NOTHING = b""  # stands for no arguments, and for None
NO_ARGUMENTS: tuple[Any, ...] = ((), {})


def pack_call(task: Task, values: Values | None = None) -> Payload:
    """A task's arguments, and the values of context variables if there are any.

    The function itself goes with them where it cannot be imported by name. Raises TaskNotPicklable, naming what cannot
    be pickled.
    """
    if task.function.reference is None:
        _refuse_main_script(task)
    elif not task.args and not task.kwargs and not values:
        return NOTHING
    try:
        return _pack(_parts(task, values), *task.args, *task.kwargs.values())
    except Exception as exc:
        raise TaskNotPicklable(_blame(task, values or {}, exc)) from exc


def require_importable(function: TaskFunction) -> None:
    """Raise TaskNotPicklable for a function that other processes cannot look up."""
    if function.reference is None:
        raise TaskNotPicklable(f"{function.name} cannot be imported by a worker process: {function.function!r}")


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


def pack_outcome(outcome: Outcome, name: str, most: int | None = None) -> tuple[bool, Payload]:
    """Whether the task went well, and its value or error; one that cannot travel becomes an error that says so.

    most: bytes that it may have, any number unless given.
    """
    good, payload = _pack_outcome(outcome, name)
    try:
        check_size(payload, most, f"the outcome of {name}")
    except PayloadTooLarge as exc:
        return False, _pack_error(exc, outcome.traceback[:most])
    return good, payload


def _pack_outcome(outcome: Outcome, name: str) -> tuple[bool, Payload]:
    if outcome.error is None:
        if outcome.value is None:
            return True, NOTHING
        try:
            return True, _pack(outcome.value, outcome.value)
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


def pieces(payload: Payload) -> Sequence[bytes]:
    """A payload as what it consists of."""
    return (payload,) if isinstance(payload, bytes) else payload


def size(payload: Payload) -> int:
    """How long a payload is, in bytes."""
    return len(payload) if isinstance(payload, bytes) else sum(map(len, payload))


def check_size(payload: Payload, most: int | None, what: str) -> None:
    """Raise PayloadTooLarge, naming `what` it is, for more bytes than there may be."""
    if most is not None and size(payload) > most:
        raise PayloadTooLarge(f"{what}: {size(payload):,} bytes are more than the max_payload of the pool, {most:,}")


def _pack(value: Any, *parts: Any) -> Payload:
    """Pickle a value, in pieces if one of these parts of it is bulky."""
    for part in parts:
        if _bulk(part) >= BULKY:
            parcel = Parcel()
            pickle.Pickler(parcel, PROTOCOL).dump(value)
            return parcel.pieces
    return pickle.dumps(value, PROTOCOL)


def _bulk(part: Any) -> int:
    """How many bytes a value has that is pickled as one block, as bytes and NumPy's arrays are; 0 for others.

    No code of the value's own is asked: it may have any idea of `nbytes`.
    """
    kind = type(part)
    if kind is bytes:
        return len(part)
    return part.nbytes if isinstance(getattr(kind, "nbytes", None), GetSetDescriptorType) else 0


class Parcel:
    """A file that keeps what is written to it, piece by piece."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, piece: bytes) -> None:
        self.pieces.append(piece if type(piece) is bytes else bytes(piece))  # what could change is copied


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
