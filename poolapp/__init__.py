"""Worker pools for Django: run work off the request, and watch it in the admin."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from poolapp.engine.version import __version__

if TYPE_CHECKING:
    from poolapp.api import aexecute, execute, get_pool, map, task
    from poolapp.engine import (
        AbortSignal,
        CurrentTask,
        InvalidOption,
        InvalidOptionType,
        MeasurementOptions,
        PayloadTooLarge,
        Pool,
        PoolDestroyed,
        PoolDraining,
        PoolError,
        PoolNotStarted,
        PoolOptions,
        QueueFull,
        QueueOptions,
        RemoteError,
        ResultNotPicklable,
        StrategyOptions,
        TaskAborted,
        TaskExited,
        TaskFunction,
        TaskFuture,
        TaskNotFound,
        TaskNotPicklable,
        TaskTimeout,
        WorkerLost,
        WorkerOptions,
        WorkerStartFailed,
        current_task,
    )

_API = ("aexecute", "execute", "get_pool", "map", "task")

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
    "__version__",
    "aexecute",
    "current_task",
    "execute",
    "get_pool",
    "map",
    "task",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is used, so that the engine can be imported without Django."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module("poolapp.api" if name in _API else "poolapp.engine"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
