"""What crews have in common whose workers live in this process."""

from __future__ import annotations

from typing import Any, ClassVar

from poolapp.engine.options import PoolOptions
from poolapp.engine.tasks import Task, load
from poolapp.engine.workers.base import Reports
from poolapp.engine.workers.running import TaskRunner, make_runner


class LocalCrew:
    """A crew without processes: it takes every task as it is, and cannot end a worker from outside."""

    takes_batches: ClassVar[bool] = False
    can_kill: ClassVar[bool] = False

    def __init__(self, options: PoolOptions, reports: Reports) -> None:
        self._options = options
        self._reports = reports

    def prepare(self, task: Task) -> None:
        """There is nothing to encode."""

    def open(self) -> None:
        if self._options.initializer:
            load(self._options.initializer)(*self._options.initializer_args)

    def close(self) -> None:
        """There is nothing to let go of."""

    def abandon(self) -> None:
        """There is nothing that a forked child could keep open."""

    def describe(self) -> dict[str, Any]:
        return {}

    def _runner(self) -> TaskRunner:
        return make_runner(self._options.around_task, self._options.finalizer)
