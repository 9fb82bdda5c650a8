"""Task functions, and tasks: one call of a function on its way through a pool."""

from __future__ import annotations

import dataclasses
import enum
import importlib
import itertools
import sys
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING, Any, Self

from poolapp.engine.abort import AbortSignal
from poolapp.engine.errors import InvalidOption, InvalidOptionType
from poolapp.engine.strategies import STRATEGIES
from poolapp.engine.validation import (
    require_bool,
    require_choice,
    require_known,
    require_name,
    require_patience,
    require_priority,
    require_slots,
    require_timeout,
)

if TYPE_CHECKING:
    from poolapp.engine.futures import TaskFuture
    from poolapp.engine.interrupting import Interruption
    from poolapp.engine.node import WorkerNode
    from poolapp.engine.queues import TaskQueue
    from poolapp.engine.statistics import TaskUsage

Lane = tuple[int, tuple[int, ...] | None]
"""A priority, and the slots whose workers may run the task (None: all)."""

_numbers = itertools.count(1)


@dataclass(frozen=True, eq=False)
class TaskFunction:
    """A function that pools run, under the name by which it is shown and can be asked for.

    Calling it calls the function here and now. How pools run it:
    priority: -20 (first) to 19 (last), as the nice levels of processes.
    strategy: the name of the strategy that chooses its worker, the pool's own unless given.
    workers: the slots whose workers may run it, all unless given.
    timeout: seconds that it may run, the pool's own limit unless given.
    signal: what aborts it.
    full_timeout: seconds that a caller waits for room where the queue is full, the pool's own limit unless given.
    retry_lost: whether it may run once more when its worker dies while it runs, since running it twice does no harm.

    Raises InvalidOption or InvalidOptionType for a value that its rule forbids.
    """

    function: Callable[..., Any]
    name: str
    priority: int = 0
    strategy: str | None = None
    workers: Sequence[int] | None = None
    timeout: float | None = None
    full_timeout: float | None = None
    signal: AbortSignal | None = None
    retry_lost: bool = False
    lane: Lane = field(init=False, repr=False)  # tasks that are alike in this wait in one lane of a queue

    def __post_init__(self) -> None:
        require_name("name", self.name)
        require_priority("priority", self.priority)
        if self.strategy is not None:
            require_choice("strategy", self.strategy, tuple(STRATEGIES))
        if self.workers is not None:
            require_slots("workers", self.workers)
            object.__setattr__(self, "workers", tuple(sorted(self.workers)))
        require_timeout("timeout", self.timeout)
        if self.full_timeout is not None:
            require_patience("full_timeout", self.full_timeout)
        require_bool("retry_lost", self.retry_lost)
        _require_signal(self.signal)
        object.__setattr__(self, "lane", (self.priority, self.workers))

    def using(self, **changes: Any) -> Self:
        """The same task with other values of what it was made with, such as `priority` or `timeout`."""
        require_known("a task", changes, [option.name for option in dataclasses.fields(self) if option.init])
        return dataclasses.replace(self, **changes)

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


def _require_signal(signal: object) -> None:
    if signal is not None and not isinstance(signal, AbortSignal):
        raise InvalidOptionType(f"signal must be None or an AbortSignal, not {signal!r}")


def load(path: str) -> Any:
    """What "module:qualified.name" stands for; raises ImportError or AttributeError when there is no such thing."""
    module, _, name = path.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def load_option(name: str, path: str) -> Any:
    """What the option `name` stands for, a "module:qualified.name"; InvalidOption names both when nothing does."""
    try:
        return load(path)
    except Exception as exc:  # a module may raise anything while it is imported
        raise InvalidOption(f"{name} {path!r} cannot be imported: {exc}") from exc


def resolve(found: str | Callable[..., Any], option: str) -> Callable[..., Any]:
    """A callable that may be given as "module:qualified.name"; errors name the option that it was given as."""
    function: Callable[..., Any] = load_option(option, found) if isinstance(found, str) else found
    return function


def plain_function(found: Any) -> Any:
    """The function behind a TaskFunction; anything else as it is."""
    return found.function if isinstance(found, TaskFunction) else found


def dotted_path(function: Callable[..., Any]) -> str:
    """A function's default task name, such as "gallery.tasks.make_thumbnails"."""
    named = getattr(function, "func", function)  # what a functools.partial calls
    name = getattr(named, "__qualname__", type(named).__qualname__)
    return f"{getattr(named, '__module__', None) or type(named).__module__}.{name}"


class KnownFunction:
    """A task function as one pool knows it.

    expected: its run time, in seconds; infinite until known.
    usage: what tasks of its name have done in the pool; set by the scheduler.
    """

    __slots__ = ("expected", "task_function", "usage")

    def __init__(self, task_function: TaskFunction) -> None:
        self.task_function = task_function
        self.expected = inf
        self.usage: TaskUsage | None = None

    def learn(self, run_time: float) -> None:
        """Take a measured run time into account, quickly at first and smoothly later."""
        expected = self.expected
        self.expected = run_time if expected == inf else expected + (run_time - expected) * 0.2


class TaskState(enum.Enum):
    QUEUED = "queued"
    COMMITTED = "running"  # in a worker's hands, begun or about to be
    EXECUTED = "executed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Task:
    """One call of a task function; times are readings of a monotonic clock, in seconds."""

    __slots__ = (
        "announced",
        "args",
        "call",
        "context",
        "freight",
        "function",
        "future",
        "interruption",
        "known",
        "kwargs",
        "losses",
        "node",
        "number",
        "payload",
        "queue",
        "queued_at",
        "rank",
        "run_time",
        "started_at",
        "state",
        "timeout",
    )

    def __init__(
        self,
        known: KnownFunction,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        queued_at: float,
        function: TaskFunction | None = None,
    ) -> None:
        self.number = next(_numbers)
        self.known = known
        self.function = function or known.task_function  # with the options of this call
        self.args = args
        self.kwargs = kwargs
        self.payload: bytes | list[bytes] = b""
        self.freight = 0.0  # seconds that it takes to carry the payload to a worker, if that matters
        self.context: Context | None = None
        self.call: str | None = None  # its arguments as JSON, once somebody has been told
        self.queued_at = queued_at
        self.rank = 0.0  # what goes before what in a queue: the lowest first; see ageing.py
        self.timeout = self.function.timeout
        self.started_at: float | None = None
        self.run_time: float | None = None
        self.state = TaskState.QUEUED
        self.losses = 0  # workers that have died with it in their hands
        self.node: WorkerNode | None = None
        self.queue: TaskQueue | None = None  # in which it waits
        self.future: TaskFuture | None = None
        self.interruption: Interruption | None = None  # why it was asked to end while it ran
        self.announced = False  # whether its start was told to listeners

    def __repr__(self) -> str:
        return f"<Task {self.number} {self.name} {self.state.value}>"

    @property
    def name(self) -> str:
        return self.function.name

    def begin_anew(self) -> None:
        """Wait again, as if it had never been given to a worker."""
        self.state = TaskState.QUEUED
        self.started_at = None
        self.announced = False

    def forget_arguments(self) -> None:
        """Let go of what was only needed to run the task, and of what was special about this call."""
        self.args, self.kwargs, self.payload, self.context, self.call = (), {}, b"", None, None
        self.function = self.known.task_function
