"""Aborting many tasks at once."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poolapp.engine.futures import TaskFuture


class AbortSignal:
    """Aborts all tasks that were given it, `task.using(signal=signal)`, and refuses to let any later one begin."""

    def __init__(self) -> None:
        self._reason: str | None = None
        self._futures: weakref.WeakSet[TaskFuture] = weakref.WeakSet()
        self._lock = threading.RLock()  # a signal handler may abort what is being submitted

    @property
    def reason(self) -> str | None:
        """Why the tasks are aborted, None while they are not."""
        return self._reason

    def abort(self, reason: str | None = None) -> None:
        """Abort the tasks; the first reason counts."""
        with self._lock:
            if self._reason is not None:
                return
            self._reason = reason or "aborted"
            futures = list(self._futures)
        for future in futures:
            future.abort(self._reason)

    def follow(self, future: TaskFuture) -> None:
        """Let the future's task be aborted with the others."""
        with self._lock:
            self._futures.add(future)
            reason = self._reason
        if reason is not None:
            future.abort(reason)
