"""Pools that only take note of what they are asked to run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, overload

from poolapp.engine.errors import PoolError
from poolapp.engine.node import WorkerNode
from poolapp.engine.outcomes import Outcome
from poolapp.engine.tasks import Task, plain_function
from poolapp.engine.workers.inline import InlineWorker
from poolapp.engine.workers.interruptible import RunningTask
from poolapp.engine.workers.running import failure
from poolapp.testing.immediate import CopyingCrew, ImmediateCrew, ImmediateWorker
from poolapp.testing.overriding import Pools, has_processes, override_pools


class TaskNotRun(PoolError):
    """The result was asked for of a task that was only recorded."""


class RecordedTask(NamedTuple):
    """What a pool was asked to run: the task's name, its arguments, the alias of the pool."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    pool: str
    function: Callable[..., Any]

    def run(self) -> Any:
        """Run it now, here, as a plain call; what it was answered stays."""
        return self.function(*self.args, **self.kwargs)


class Recording(Sequence[RecordedTask]):
    """The tasks that were asked for, in order."""

    def __init__(self) -> None:
        self._tasks: list[RecordedTask] = []
        self._answers: dict[Callable[..., Any] | str, Any] = {}

    @overload
    def __getitem__(self, index: int) -> RecordedTask: ...
    @overload
    def __getitem__(self, index: slice) -> list[RecordedTask]: ...
    def __getitem__(self, index: int | slice) -> RecordedTask | list[RecordedTask]:
        return self._tasks[index]

    def __len__(self) -> int:
        return len(self._tasks)

    def __repr__(self) -> str:
        return f"<Recording {self._tasks!r}>"

    def of(self, task: Callable[..., Any] | str) -> list[RecordedTask]:
        """The recorded calls of a task, given itself or by name."""
        function = plain_function(task)
        return [recorded for recorded in self if function in (recorded.name, recorded.function)]

    def answer(self, task: Callable[..., Any] | str, result: Any) -> None:
        """Let every later call of a task, given itself or by name, have this result; an exception is raised."""
        self._answers[plain_function(task)] = result

    def clear(self) -> None:
        """Forget the tasks that were asked for; answers stay."""
        self._tasks.clear()

    def _take(self, task: Task, pool: str) -> Any:
        """Note a task, and raise or return what it is answered."""
        function = plain_function(task.function.function)
        self._tasks.append(RecordedTask(task.name, task.args, task.kwargs, pool, function))
        for key in (function, task.name):
            if key in self._answers:
                if isinstance(answer := self._answers[key], BaseException):
                    raise answer
                return answer
        raise TaskNotRun(f"{task.name} was recorded, not run; Recording.answer() gives it a result")


class RecordingWorker(ImmediateWorker):
    """Notes what it is sent, and answers at once."""

    note: Callable[[Task], Any]

    def _perform(self, running: RunningTask, task: Task) -> Outcome:
        try:
            return Outcome(self.note(task), None, "", time.monotonic(), 0.0, batch_number=running.number)
        except Exception as exc:
            return failure(exc, batch_number=running.number)


class RecordingCrew(ImmediateCrew):
    """Makes workers that write to a recording."""

    recording: ClassVar[Recording]

    def spawn(self, node: WorkerNode) -> InlineWorker:
        worker = RecordingWorker(node, self._runner(), self._reports)
        worker.note = lambda task: self.recording._take(task, self._options.name)
        return worker


class CheckingCrew(RecordingCrew, CopyingCrew):
    """Refuses what processes could not be given, too."""


class record_tasks(override_pools):  # noqa: N801
    """Run nothing, and take note of what the pools are asked to run.

    As a context manager it gives a Recording, and so it does as a decorator, in the argument `kwarg_name`. A future is
    done at once: with the result that `Recording.answer` has given to its task, and with TaskNotRun otherwise.
    """

    def enable(self) -> Recording:
        self._recording = Recording()
        super().enable()
        return self._recording

    def __enter__(self) -> Recording:  # type: ignore[override]  # Django's stubs know of nothing that it could be
        return self.enable()

    def _changed(self, pools: Pools) -> Pools:
        return {alias: {**pool, "WORKER": self._crew(pool)} for alias, pool in pools.items()}

    def _crew(self, pool: Mapping[str, Any]) -> type[RecordingCrew]:
        base = CheckingCrew if has_processes(pool) else RecordingCrew
        return type(base.__name__, (base,), {"recording": self._recording})
