"""Task functions, and tasks: one call of a function on its way through a pool."""

from __future__ import annotations

import enum
import importlib
import itertools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from poolapp.engine.futures import TaskFuture
    from poolapp.engine.node import WorkerNode

_numbers = itertools.count(1)


@dataclass(frozen=True, eq=False)
class TaskFunction:
    """A function that pools run, under the name by which it is shown and can be asked for.

    Calling it calls the function here and now.
    """

    function: Callable[..., Any]
    name: str

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as what the function is imported by."""
        return (load, (self.reference,)) if self.reference else super().__reduce__()  # type: ignore[return-value]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    @cached_property
    def key(self) -> tuple[Callable[..., Any], str]:
        """What two task functions share that differ only in how they are called."""
        return self.function, self.name

    @cached_property
    def reference(self) -> str | None:
        """Where another process can import the function: "module:qualified.name", None if it cannot."""
        module = getattr(self.function, "__module__", None) or ""
        qualname = getattr(self.function, "__qualname__", "<unnamed>")
        if module in ("", "__main__") or "<" in qualname:
            return None
        found: Any = sys.modules.get(module)
        for part in qualname.split("."):
            found = getattr(found, part, None)
        return f"{module}:{qualname}" if self.function in (found, plain_function(found)) else None


def load(path: str) -> Any:
    """What "module:qualified.name" stands for; raises ImportError or AttributeError when there is no such thing."""
    module, _, name = path.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def plain_function(found: Any) -> Any:
    """The function behind a TaskFunction; anything else as it is."""
    return found.function if isinstance(found, TaskFunction) else found


def dotted_path(function: Callable[..., Any]) -> str:
    """A function's default task name, such as "gallery.tasks.make_thumbnails"."""
    named = getattr(function, "func", function)  # what a functools.partial calls
    name = getattr(named, "__qualname__", type(named).__qualname__)
    return f"{getattr(named, '__module__', None) or type(named).__module__}.{name}"


class KnownFunction:
    """A task function as one pool knows it, with the run time to expect of it (seconds; infinite until known)."""

    __slots__ = ("expected", "task_function")

    def __init__(self, task_function: TaskFunction) -> None:
        self.task_function = task_function
        self.expected = float("inf")

    def learn(self, run_time: float) -> None:
        """Take a measured run time into account, quickly at first and smoothly later."""
        if self.expected == float("inf"):
            self.expected = run_time
        else:
            self.expected += (run_time - self.expected) * 0.2


class TaskState(enum.Enum):
    QUEUED = "queued"
    COMMITTED = "committed"  # in a worker's hands, begun or about to be
    EXECUTED = "executed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Task:
    """One call of a task function; times are readings of a monotonic clock, in seconds."""

    __slots__ = (
        "abort_reason",
        "announced",
        "args",
        "future",
        "known",
        "kwargs",
        "node",
        "number",
        "payload",
        "queued_at",
        "run_time",
        "started_at",
        "state",
    )

    def __init__(self, known: KnownFunction, args: tuple[Any, ...], kwargs: dict[str, Any], queued_at: float) -> None:
        self.number = next(_numbers)
        self.known = known
        self.args = args
        self.kwargs = kwargs
        self.payload: bytes = b""
        self.queued_at = queued_at
        self.started_at: float | None = None
        self.run_time: float | None = None
        self.state = TaskState.QUEUED
        self.node: WorkerNode | None = None
        self.future: TaskFuture | None = None
        self.abort_reason: str | None = None
        self.announced = False  # whether its start was told to listeners

    def __repr__(self) -> str:
        return f"<Task {self.number} {self.name} {self.state.value}>"

    @property
    def function(self) -> TaskFunction:
        return self.known.task_function

    @property
    def name(self) -> str:
        return self.known.task_function.name

    def forget_arguments(self) -> None:
        """Let go of what was only needed to run the task."""
        self.args, self.kwargs, self.payload = (), {}, b""
