"""The pool engine: pure Python, no Django, no global state."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from poolapp.engine.abort import AbortSignal
    from poolapp.engine.current import CurrentTask, current_task
    from poolapp.engine.errors import (
        InvalidOption,
        InvalidOptionType,
        PayloadTooLarge,
        PoolDestroyed,
        PoolDraining,
        PoolError,
        PoolNotStarted,
        QueueFull,
        RemoteError,
        ResultNotPicklable,
        TaskAborted,
        TaskExited,
        TaskNotFound,
        TaskNotPicklable,
        TaskTimeout,
        WorkerLost,
        WorkerStartFailed,
    )
    from poolapp.engine.futures import TaskFuture
    from poolapp.engine.options import MeasurementOptions, PoolOptions, QueueOptions, StrategyOptions, WorkerOptions
    from poolapp.engine.pool import Pool
    from poolapp.engine.tasks import TaskFunction

__all__ = [
    "AbortSignal",
    "CurrentTask",
    "InvalidOption",
    "InvalidOptionType",
    "MeasurementOptions",
    "PayloadTooLarge",
    "Pool",
    "PoolDestroyed",
    "PoolDraining",
    "PoolError",
    "PoolNotStarted",
    "PoolOptions",
    "QueueFull",
    "QueueOptions",
    "RemoteError",
    "ResultNotPicklable",
    "StrategyOptions",
    "TaskAborted",
    "TaskExited",
    "TaskFunction",
    "TaskFuture",
    "TaskNotFound",
    "TaskNotPicklable",
    "TaskTimeout",
    "WorkerLost",
    "WorkerOptions",
    "WorkerStartFailed",
    "current_task",
]

_MODULES = {
    "abort": ("AbortSignal",),
    "current": ("CurrentTask", "current_task"),
    "errors": (
        "InvalidOption",
        "InvalidOptionType",
        "PayloadTooLarge",
        "PoolDestroyed",
        "PoolDraining",
        "PoolError",
        "PoolNotStarted",
        "QueueFull",
        "RemoteError",
        "ResultNotPicklable",
        "TaskAborted",
        "TaskExited",
        "TaskNotFound",
        "TaskNotPicklable",
        "TaskTimeout",
        "WorkerLost",
        "WorkerStartFailed",
    ),
    "futures": ("TaskFuture",),
    "options": ("MeasurementOptions", "PoolOptions", "QueueOptions", "StrategyOptions", "WorkerOptions"),
    "pool": ("Pool",),
    "tasks": ("TaskFunction",),
}
_WHERE = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name when it is used: a worker process needs little of the engine, and is there sooner."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
