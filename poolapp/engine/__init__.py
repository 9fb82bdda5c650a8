"""The pool engine: pure Python, no Django, no global state."""

from poolapp.engine.abort import AbortSignal
from poolapp.engine.current import CurrentTask, current_task
from poolapp.engine.errors import (
    InvalidOption,
    InvalidOptionType,
    PoolDestroyed,
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
    "Pool",
    "PoolDestroyed",
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
