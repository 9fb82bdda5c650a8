"""Everything that can go wrong with a pool, as one family under PoolError."""

from __future__ import annotations


class PoolError(Exception):
    """The base of all errors that a pool raises."""


class InvalidOption(PoolError, ValueError):
    """An option has a value that its rule forbids."""


class InvalidOptionType(PoolError, TypeError):
    """An option has a value of the wrong type."""


class PoolNotStarted(PoolError):
    """The pool is not running, so it takes no tasks."""


class PoolDestroyed(PoolError):
    """The pool was destroyed before the task could finish."""


class QueueFull(PoolError):
    """The pool's queue has reached its hard limit."""


class PoolDraining(QueueFull):
    """The pool finishes what it has and takes no new tasks until it is resumed."""


class TaskNotFound(PoolError, LookupError):
    """No task function is registered under this name."""


class TaskNotPicklable(PoolError, TypeError):
    """A process worker could not import the function or rebuild its arguments."""


class ResultNotPicklable(PoolError, TypeError):
    """The task's result or exception could not be sent back by its worker."""


class PayloadTooLarge(PoolError, ValueError):
    """The arguments or the outcome of a task take more bytes than the pool's max_payload."""


class TaskAborted(PoolError):
    """The task was aborted."""


class TaskTimeout(PoolError, TimeoutError):
    """The task ran longer than it was allowed to."""


class TaskExited(PoolError):
    """The task raised SystemExit, KeyboardInterrupt or another exception that is meant to end a process."""


class RemoteError(PoolError):
    """A task's exception that could not be rebuilt here; its type and text are in the message."""


class RemoteTraceback(Exception):
    """The traceback of an exception in the worker, as text: the cause of the exception raised here."""

    def __str__(self) -> str:
        return f'\n"""\n{self.args[0]}"""'


class WorkerLost(PoolError):
    """The worker died while it ran the task."""


class WorkerStartFailed(PoolError):
    """No worker could be started; the message has the worker's own traceback."""
