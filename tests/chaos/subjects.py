"""What a chaos run is about: a pool by itself, or the pools of a site with its database and its sockets."""

from __future__ import annotations

import os
from typing import Any, Protocol

from poolapp.engine import Pool, PoolOptions, TaskFunction, TaskFuture

# In the environment of all processes of a run, by which those are found that have lost their parents.
MARK = "POOLAPP_CHAOS_RUN"
MIN_SIZE, MAX_SIZE = 2, 4
# Slow enough for a machine on which everything is killed all the time, fast enough for many in a run.
OPTIONS: dict[str, Any] = {
    "env": {MARK: str(os.getpid())},
    "begin_timeout": 1.0,
    "max_tasks_per_worker": 2000,
    "max_inactive_time": 1.0,
}


class Subject(Protocol):
    @property
    def pool(self) -> Pool:
        """The pool as it is now."""

    def execute(self, task: TaskFunction, *args: Any) -> TaskFuture: ...

    def end(self) -> dict[str, Any]:
        """End the pool; returns its last snapshot."""

    def begin(self) -> None:
        """Start it, or another one."""

    def close(self, submitted: int) -> list[str]:
        """End everything else, after so many tasks; returns what is wrong in the end."""


class EngineSubject:
    """A pool by itself."""

    def __init__(self, worker: str) -> None:
        options = PoolOptions(name="chaos", worker=worker, min_size=MIN_SIZE, max_size=MAX_SIZE, **OPTIONS)
        self.pool = Pool(options.replace(message_handler="builtins:repr"))

    def execute(self, task: TaskFunction, *args: Any) -> TaskFuture:
        return self.pool.execute(task, *args)

    def end(self) -> dict[str, Any]:
        self.pool.destroy(timeout=1.0)
        return self.pool.snapshot()

    def begin(self) -> None:
        self.pool.start()

    def close(self, submitted: int) -> list[str]:
        return []
