"""What crews have in common whose workers live in this process."""

from __future__ import annotations

from contextvars import Context, copy_context
from typing import Any, ClassVar

from poolapp.engine.options import PoolOptions
from poolapp.engine.outcomes import Outcome
from poolapp.engine.tasks import Task, TaskFunction, load_option
from poolapp.engine.workers.base import Reports
from poolapp.engine.workers.interruptible import RunningTask
from poolapp.engine.workers.running import RUNNER_OPTIONS, TaskRunner, make_runner


class LocalCrew:
    """A crew without processes: it takes every task as it is, with the context variables of its caller."""

    takes_batches: ClassVar[bool] = False
    can_interrupt: ClassVar[bool] = False
    can_freeze: ClassVar[bool] = False
    can_be_heard: ClassVar[bool] = False

    def __init__(self, options: PoolOptions, reports: Reports) -> None:
        self._options = options
        self._reports = reports

    def prepare(self, task: Task) -> None:
        task.context = copy_context()

    def check(self, function: TaskFunction) -> None:
        """Any function will do."""

    def open(self) -> None:
        if self._options.initializer:
            load_option("initializer", self._options.initializer)(*self._options.initializer_args)

    def close(self) -> None:
        """There is nothing to let go of."""

    def abandon(self) -> None:
        """There is nothing that a forked child could keep open."""

    def describe(self) -> dict[str, Any]:
        return {}

    def _runner(self) -> TaskRunner:
        return make_runner(**{option: getattr(self._options, option) for option in RUNNER_OPTIONS})


def run_here(runner: TaskRunner, running: RunningTask, task: Task) -> Outcome:
    """Run a task in this process; its context is used up."""
    context, task.context = task.context, None
    return runner.run(running, context or Context(), task.function.function, task.args, task.kwargs)
