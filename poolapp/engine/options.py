"""What a pool can be told, checked before anything starts."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass, field
from typing import Any

from poolapp.engine.errors import InvalidOption, InvalidOptionType
from poolapp.engine.strategies import STRATEGIES
from poolapp.engine.workers import check_worker


def available_cpus() -> int:
    """The number of CPUs that this process may use, at least 1."""
    try:
        return len(os.sched_getaffinity(0)) or 1
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueOptions:
    """How tasks wait.

    concurrency: tasks that one worker runs at the same time; 1 is the only value so far.
    task_stealing: whether a worker without work takes tasks from another worker's queue.
    """

    concurrency: int = 1
    task_stealing: bool = True

    def __post_init__(self) -> None:
        _require_int("queue.concurrency", self.concurrency)
        if self.concurrency != 1:
            raise InvalidOption(f"queue.concurrency must be 1, not {self.concurrency}")
        _require_bool("queue.task_stealing", self.task_stealing)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolOptions:
    """What a pool is made of.

    name: shown in thread names and messages.
    worker: "process", "thread", "inline", or a class (or its dotted path) that fulfils the Crew protocol.
    min_size: workers that are always there; the CPUs this process may use unless given.
    max_size: workers at the most; as many as min_size unless given. Larger makes the pool dynamic.
    strategy: how a worker is chosen for a task, "least_used" or "round_robin".
    queue: a QueueOptions, or a mapping with its fields.
    restart_worker_on_error: whether a worker that died is replaced.
    max_inactive_time: seconds without work after which a worker beyond min_size ends.
    start_timeout: seconds a worker may take until it is ready.
    stop_timeout: seconds a worker gets to end by itself before it is killed.
    initializer: "module:function" called once where tasks will run, before any of them.
    initializer_args: what it is called with; picklable.
    finalizer: "module:function" called in every worker when it ends by itself.
    around_task: "module:callable" that returns a context manager, entered around every task.
    describe_arguments, describe_results: whether task events carry a text of these; it may tell secrets.
    """

    name: str = "pool"
    worker: str | type[Any] = "process"
    min_size: int = field(default_factory=available_cpus)
    max_size: int | None = None
    strategy: str = "least_used"
    queue: QueueOptions = field(default_factory=QueueOptions)
    restart_worker_on_error: bool = True
    max_inactive_time: float = 60.0
    start_timeout: float = 60.0
    stop_timeout: float = 2.0
    initializer: str | None = None
    initializer_args: tuple[Any, ...] = ()
    finalizer: str | None = None
    around_task: str | None = None
    describe_arguments: bool = False
    describe_results: bool = False

    def __post_init__(self) -> None:
        check_worker(self.worker)
        self._check_sizes()
        if not isinstance(self.strategy, str):
            raise InvalidOptionType(f"strategy must be a name, not {self.strategy!r}")
        if self.strategy not in STRATEGIES:
            raise InvalidOption(f"strategy must be one of {', '.join(STRATEGIES)}, not {self.strategy!r}")
        object.__setattr__(self, "queue", _queue_options(self.queue))
        for name in ("restart_worker_on_error", "describe_arguments", "describe_results"):
            _require_bool(name, getattr(self, name))
        for name in ("max_inactive_time", "start_timeout", "stop_timeout"):
            _require_seconds(name, getattr(self, name))

    def _check_sizes(self) -> None:
        _require_int("min_size", self.min_size)
        maximum = self.min_size if self.max_size is None else self.max_size
        _require_int("max_size", maximum)
        if not 0 <= self.min_size <= maximum or maximum == 0:
            raise InvalidOption(
                f"a pool needs 0 <= min_size <= max_size and max_size >= 1, not {self.min_size}..{maximum}"
            )

    def replace(self, **changes: Any) -> PoolOptions:
        """The same options with some changes."""
        return dataclasses.replace(self, **changes)

    @property
    def limit(self) -> int:
        """The largest number of workers."""
        return self.min_size if self.max_size is None else self.max_size

    @property
    def dynamic(self) -> bool:
        """Whether the pool grows under load and shrinks afterwards."""
        return self.limit > self.min_size


def _queue_options(value: object) -> QueueOptions:
    if isinstance(value, QueueOptions):
        return value
    if not isinstance(value, dict):
        raise InvalidOptionType(f"queue must be a QueueOptions or a mapping, not {value!r}")
    try:
        return QueueOptions(**value)
    except TypeError as exc:
        known = ", ".join(QueueOptions.__dataclass_fields__)
        if isinstance(exc, InvalidOptionType):
            raise
        raise InvalidOptionType(f"queue takes {known}, not {', '.join(map(str, value))}") from exc


def _require_int(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidOptionType(f"{name} must be a whole number, not {value!r}")


def _require_bool(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise InvalidOptionType(f"{name} must be True or False, not {value!r}")


def _require_seconds(name: str, value: object) -> None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise InvalidOptionType(f"{name} must be a number of seconds, not {value!r}")
    if not value > 0:
        raise InvalidOption(f"{name} must be more than 0 seconds, not {value!r}")
