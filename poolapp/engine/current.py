"""The task that runs here, as its own code sees it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from poolapp.engine.errors import PoolError, TaskAborted, TaskTimeout

Asked = type[TaskAborted] | type[TaskTimeout]
"""Why a task is asked to end."""

running_task: ContextVar[CurrentTask | None] = ContextVar("poolapp_running_task", default=None)


def current_task() -> CurrentTask | None:
    """The task that the calling code is part of, None outside of tasks.

    It is known in sync and async tasks and wherever their context goes, such as asyncio.to_thread and asyncio tasks;
    a plain threading.Thread starts without it.
    """
    return running_task.get()


class CurrentTask:
    """A running task, seen from inside.

    When a task is aborted or has run for too long, an async function is cancelled where it awaits, and in a process
    worker a plain function has TaskAborted or TaskTimeout raised in it. A thread of the server cannot be ended from
    outside: a function that runs for long there has to look, by calling `check()` now and then.
    """

    name: str
    _asked: Asked | None = None

    def __repr__(self) -> str:
        return f"<CurrentTask {self.name}{', asked to end' if self.aborted else ''}>"

    @property
    def aborted(self) -> bool:
        """Whether the task was asked to end, because it was aborted or because its time is up."""
        return self._asked is not None

    def check(self) -> None:
        """Raise TaskAborted or TaskTimeout when the task was asked to end."""
        if self._asked is not None:
            raise self.request()

    def send(self, message: Any) -> None:
        """Pass a message to the pool's message_handler; from a process worker it has to be picklable.

        Raises ResultNotPicklable when it is not, and PoolError once the task is over.
        """
        raise NotImplementedError

    def request(self) -> PoolError:
        """What the task was asked to end with."""
        if self._asked is TaskTimeout:
            return TaskTimeout(f"{self.name} has run for longer than it may")
        return TaskAborted(f"{self.name} was aborted")
