"""The pool engine: pure Python, no Django, no global state."""

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
from poolapp.engine.options import PoolOptions, QueueOptions
from poolapp.engine.pool import Pool
from poolapp.engine.tasks import TaskFunction

__all__ = [
    "InvalidOption",
    "InvalidOptionType",
    "Pool",
    "PoolDestroyed",
    "PoolError",
    "PoolNotStarted",
    "PoolOptions",
    "QueueFull",
    "QueueOptions",
    "RemoteError",
    "ResultNotPicklable",
    "TaskAborted",
    "TaskExited",
    "TaskFunction",
    "TaskFuture",
    "TaskNotFound",
    "TaskNotPicklable",
    "TaskTimeout",
    "WorkerLost",
    "WorkerStartFailed",
]
