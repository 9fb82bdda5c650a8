"""Pools that only take note of what they are asked to run."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable
from typing import Any, ClassVar, NamedTuple, overload

from asgiref.sync import async_to_sync

from poolapp.engine.errors import PoolError
from poolapp.engine.node import WorkerNode
from poolapp.engine.options import PoolOptions
from poolapp.engine.outcomes import Outcome
from poolapp.engine.tasks import Task, plain_function
from poolapp.engine.workers.inline import InlineWorker
from poolapp.engine.workers.interruptible import RunningTask
from poolapp.engine.workers.running import failure
from poolapp.observers.base import Observer
from poolapp.pools import PoolSet
from poolapp.testing.immediate import CopyingCrew, ImmediateCrew, ImmediateWorker, copy_arguments, is_in_coroutine
from poolapp.testing.overriding import PoolsDecorator, PoolsOfTest


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
        """Run it now, here, to its end; what it was answered stays. In a coroutine an async task has to be awaited."""
        value = self.function(*self.args, **self.kwargs)
        return async_to_sync(_await)(value) if isawaitable(value) and not is_in_coroutine() else value


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
        worker.note = self._note
        return worker

    def _note(self, task: Task) -> Any:
        return self.recording._take(task, self._options.name)


class CheckingCrew(RecordingCrew, CopyingCrew):
    """Refuses what processes could not be given, too, and notes the arguments as they would find them."""

    def _note(self, task: Task) -> Any:
        copy_arguments(task)
        return super()._note(task)


class RecordedPools(PoolsOfTest):
    """Pools that run nothing. Nobody hears of their events: what is told of a task there does not happen."""

    def __init__(self, recording: Recording) -> None:
        super().__init__()
        self._crews = {base: type(base.__name__, (base,), {"recording": recording}) for base in CREWS}

    def worker(self, options: PoolOptions) -> Any:
        return self._crews[CheckingCrew if options.worker == "process" else RecordingCrew]

    def observers(self) -> list[Observer]:
        return []


CREWS = (CheckingCrew, RecordingCrew)


class record_tasks(PoolsDecorator):  # noqa: N801
    """Run nothing, and take note of what the configured pools are asked to run.

    As a context manager it gives a Recording, and so it does as a decorator of tests, in the argument `kwarg_name`. A
    future is done at once: with the result that `Recording.answer` has given to its task, with TaskNotRun otherwise.
    No signal is sent.
    """

    def __init__(self, kwarg_name: str | None = None) -> None:
        super().__init__(kwarg_name=kwarg_name)

    def pools(self) -> PoolSet:
        return RecordedPools(self._recording)

    def enable(self) -> Recording:
        self._recording = Recording()
        super().enable()
        return self._recording

    def __enter__(self) -> Recording:  # type: ignore[override]  # Django's stubs know of nothing that it could be
        return self.enable()


async def _await(value: Awaitable[Any]) -> Any:
    return await value
