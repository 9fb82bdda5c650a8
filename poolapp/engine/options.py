"""What a pool can be told, checked before anything starts."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from poolapp.engine.errors import InvalidOption, InvalidOptionType
from poolapp.engine.option_group import OptionGroup
from poolapp.engine.queue_options import QueueOptions
from poolapp.engine.strategies import STRATEGIES
from poolapp.engine.strategy_options import MeasurementOptions, StrategyOptions
from poolapp.engine.validation import (
    require_at_least,
    require_bool,
    require_choice,
    require_environment,
    require_handler,
    require_int,
    require_module,
    require_name,
    require_path,
    require_seconds,
    require_timeout,
)
from poolapp.engine.worker_options import WorkerOptions
from poolapp.engine.workers import KINDS, check_worker

__all__ = [
    "MeasurementOptions",
    "PoolOptions",
    "QueueOptions",
    "StrategyOptions",
    "WorkerOptions",
    "available_cpus",
    "require_options",
]

SMALLEST_PAYLOAD = 4096

SWITCHES = ("start_workers", "restart_worker_on_error", "enable_events", "describe_arguments", "describe_results")
TIMES = ("max_inactive_time", "start_timeout", "stop_timeout", "abort_timeout", "begin_timeout")
LIMITS = {"max_tasks_per_worker": 1, "max_worker_memory": 1, "max_payload": SMALLEST_PAYLOAD}  # at least
HANDLERS = ("online_handler", "message_handler", "error_handler", "exit_handler")
PATHS = ("initializer", "finalizer", "kill_handler", "around_task", "inside_task")
KILL_BEHAVIORS = ("soft", "hard")

Handler = Callable[[Any], object] | str


def available_cpus() -> int:
    """The number of CPUs that this process may use, at least 1."""
    try:
        return len(os.sched_getaffinity(0)) or 1
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


class DefaultSize(int):
    """A min_size that was not given, and so gives way to a max_size that is smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolOptions(OptionGroup):
    """What a pool is made of.

    name: shown in thread names and messages.
    worker: "process", "thread", "inline", or a class (or its dotted path) that fulfils the Crew protocol.
    min_size: workers that are always there; the CPUs this process may use, but at most max_size, unless given.
    max_size: workers at the most; as many as min_size unless given. Larger makes the pool dynamic.
    start_workers: whether the pool starts as it is made; otherwise it waits for start().
    strategy: how a worker is chosen for a task, the name of one of the strategies; "least_used" unless given.
    strategy_options: a StrategyOptions, or a mapping with its fields. Weights must be those of all slots.
    queue: a QueueOptions, a mapping with its fields, or True or False for whether tasks wait in the pool.
    restart_worker_on_error: whether a worker that died is replaced.
    enable_events: whether listeners can be added; handlers that are given here are called in any case.
    kill_behavior: whether a worker beyond min_size that was inactive for too long ends only when it has nothing to
        do ("soft", unless given), or also while it runs a task ("hard").
    max_inactive_time: seconds without work after which a worker beyond min_size ends.
    start_timeout: seconds a worker may take until it is ready.
    stop_timeout: seconds a worker gets to end by itself before it is killed.
    timeout: seconds that any task may run unless it says otherwise; as long as it takes unless given.
    abort_timeout: seconds that a task gets to end after it was asked to, before its worker is replaced.
    begin_timeout: seconds in which a worker process must begin what it was given; one that does not is taken for
        frozen and replaced, and the task runs elsewhere. Infinity waits for ever.
    max_task_losses: workers that may die while they run a task with retry_lost, until it is given up with WorkerLost;
        tasks without it are given up after the first.
    max_tasks_per_worker: tasks after which a worker is replaced, or up to a tenth fewer, so that workers are not
        replaced all at the same time; no limit unless given.
    max_worker_memory: bytes of memory (resident set size) from which on a worker process is replaced once its task is
        done; one that has twice as much is killed. No limit unless given. Where there is /proc only.
    max_payload: bytes that the arguments of a task may have on their way to a worker process, and its outcome on its
        way back; more is PayloadTooLarge. At least 4096; no limit unless given.
    online_handler, message_handler, error_handler, exit_handler: what is called with the Event when a worker is
        ready, sends a message, fails, or is gone; something to call or a "module:function".
    context_vars: "module:NAME" of each ContextVar, or what has its `get` and `set`, whose value travels with tasks to
        worker processes.
    env: what is added to the environment of worker processes, text by name.
    worker_options: a WorkerOptions, or a mapping with its fields.
    initializer: "module:function" called once where tasks will run, before any of them.
    initializer_args: what it is called with; picklable.
    finalizer: "module:function" called in every worker when it ends by itself.
    kill_handler: "module:function", maybe async, called in a worker that is told to end.
    around_task: "module:callable" that returns a context manager, entered around every task.
    inside_task: "module:callable" that is given the CurrentTask and returns a context manager, entered within the
        task's own context variables.
    describe_arguments, describe_results: whether task events carry a text of these; it may tell secrets.
    """

    name: str = "pool"
    worker: str | type[Any] = "process"
    min_size: int = field(default_factory=lambda: DefaultSize(available_cpus()))
    max_size: int | None = None
    start_workers: bool = False
    strategy: str = "least_used"
    strategy_options: StrategyOptions = field(default_factory=StrategyOptions)
    queue: QueueOptions = field(default_factory=QueueOptions)
    restart_worker_on_error: bool = True
    enable_events: bool = True
    kill_behavior: Literal["soft", "hard"] = "soft"
    max_inactive_time: float = 60.0
    start_timeout: float = 60.0
    stop_timeout: float = 2.0
    timeout: float | None = None
    abort_timeout: float = 1.0
    begin_timeout: float = 2.0
    max_task_losses: int = 3
    max_tasks_per_worker: int | None = None
    max_worker_memory: int | None = None
    max_payload: int | None = None
    online_handler: Handler | None = None
    message_handler: Handler | None = None
    error_handler: Handler | None = None
    exit_handler: Handler | None = None
    context_vars: tuple[str, ...] = ()
    env: Mapping[str, str] | None = field(default=None, repr=False)  # it may tell secrets
    worker_options: WorkerOptions = field(default_factory=WorkerOptions)
    initializer: str | None = None
    initializer_args: tuple[Any, ...] = ()
    finalizer: str | None = None
    kill_handler: str | None = None
    around_task: str | None = None
    inside_task: str | None = None
    describe_arguments: bool = False
    describe_results: bool = False

    def __post_init__(self) -> None:
        require_name("name", self.name)
        _require_worker(self.worker)
        self._check_sizes()
        self._check_choices()
        self._check_times()
        self._check_limits()
        self._check_what_is_called()
        self._check_what_workers_get()

    def _check_sizes(self) -> None:
        require_int("min_size", self.min_size)
        require_int("max_size", self.limit)
        if isinstance(self.min_size, DefaultSize):
            self._set("min_size", DefaultSize(min(self.min_size, self.limit)))
        if not 0 <= self.min_size <= self.limit or self.limit == 0:
            raise InvalidOption(
                f"a pool needs 0 <= min_size <= max_size and max_size >= 1, not {self.min_size}..{self.limit}"
            )

    def _check_choices(self) -> None:
        require_choice("strategy", self.strategy, STRATEGIES)
        self._set("strategy_options", StrategyOptions.given("strategy_options", self.strategy_options))
        self._check_weights(self.strategy_options.weights)
        self._set("queue", _queue_options(self.queue))
        for name in SWITCHES:
            require_bool(name, getattr(self, name))
        require_choice("kill_behavior", self.kill_behavior, KILL_BEHAVIORS)

    def _check_weights(self, weights: Mapping[int, float] | None) -> None:
        if weights is not None and list(weights) != list(range(self.limit)):
            raise InvalidOption(
                f"strategy_options.weights must name exactly the slots 0..{self.limit - 1}"
                f" of a pool with max_size {self.limit}, not {_difference(weights, range(self.limit))}"
            )

    def _check_times(self) -> None:
        for name in TIMES:
            require_seconds(name, getattr(self, name))
        require_timeout("timeout", self.timeout)

    def _check_limits(self) -> None:
        require_at_least("max_task_losses", self.max_task_losses, 1)
        for name, least in LIMITS.items():
            if getattr(self, name) is not None:
                require_at_least(name, getattr(self, name), least)

    def _check_what_is_called(self) -> None:
        for name in HANDLERS:
            if getattr(self, name) is not None:
                require_handler(name, getattr(self, name))
        for name in PATHS:
            if getattr(self, name) is not None:
                require_path(name, getattr(self, name))
        self._set("initializer_args", _tuple("initializer_args", self.initializer_args))

    def _check_what_workers_get(self) -> None:
        self._set("context_vars", _tuple("context_vars", self.context_vars))
        for index, path in enumerate(self.context_vars):
            require_path(f"context_vars[{index}]", path)
        if self.env is not None:
            require_environment("env", self.env)
            self._set("env", dict(self.env))
        self._set("worker_options", WorkerOptions.given("worker_options", self.worker_options))

    def resized(self, min_size: int, max_size: int | None) -> PoolOptions:
        """The same options with other sizes; where there are weights, a new slot's is the average of the others."""
        sizes = PoolOptions(min_size=min_size, max_size=max_size)
        given = self.strategy_options.weights
        if given is None:
            return self.replace(min_size=min_size, max_size=max_size)
        average = sum(given.values()) / len(given)
        weights = {slot: given.get(slot, average) for slot in range(sizes.limit)}
        strategy_options = self.strategy_options.replace(weights=weights)
        return self.replace(min_size=min_size, max_size=max_size, strategy_options=strategy_options)

    @property
    def limit(self) -> int:
        """The largest number of workers."""
        return self.min_size if self.max_size is None else self.max_size

    @property
    def dynamic(self) -> bool:
        """Whether the pool grows under load and shrinks afterwards."""
        return self.limit > self.min_size

    @property
    def queue_size(self) -> int:
        """The tasks in one worker's queue from which on it is under back pressure."""
        return self.limit**2 if self.queue.size is None else self.queue.size


def require_options(options: object) -> None:
    """PoolOptions, and no mapping; the error does not show what it holds, there may be secrets in its env."""
    if isinstance(options, Mapping):
        raise InvalidOptionType("options must be PoolOptions, not {...}: PoolOptions(**options) makes them")
    if not isinstance(options, PoolOptions):
        raise InvalidOptionType(f"options must be PoolOptions, not {options!r}")


def _require_worker(worker: object) -> None:
    """A kind of worker, a class, or a dotted path whose module is there."""
    check_worker(worker)
    if isinstance(worker, str) and worker not in KINDS:
        require_module("worker", worker, worker.rpartition(".")[0])


def _difference(given: Collection[int], wanted: Collection[int]) -> str:
    """The slots that are given and what is wrong with them, such as "0, 2 (missing: 1; too many: 2)"."""
    wrong = {"missing": [slot for slot in wanted if slot not in given]}
    wrong["too many"] = [slot for slot in given if slot not in wanted]
    said = "; ".join(f"{what}: {_listed(slots)}" for what, slots in wrong.items() if slots)
    return f"{_listed(given)} ({said})"


def _listed(slots: Iterable[int]) -> str:
    return ", ".join(map(str, slots))


def _queue_options(value: object) -> QueueOptions:
    return QueueOptions.given("queue", {"enabled": value} if isinstance(value, bool) else value)


def _tuple(name: str, value: object) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise InvalidOptionType(f"{name} must be a tuple or a list, not {value!r}")
    return tuple(value)
