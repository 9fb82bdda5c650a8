"""Workers that run a task at once, as the code that asks for it expects of a worker elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar
from typing import Any

from asgiref.sync import AsyncToSync, SyncToAsync, async_to_sync

from poolapp.engine.errors import PoolError
from poolapp.engine.node import Batch, WorkerNode
from poolapp.engine.outcomes import Outcome
from poolapp.engine.tasks import Task, TaskFunction
from poolapp.engine.workers import parcels
from poolapp.engine.workers.inline import InlineCrew, InlineWorker
from poolapp.engine.workers.interruptible import RunningTask
from poolapp.engine.workers.loops import WorkerLoop
from poolapp.engine.workers.running import TaskRunner, failure


class ImmediateWorker(InlineWorker):
    """Runs tasks where synchronous code runs: a coroutine's thread has neither its connections nor a free loop."""

    def _run(self, batch: Batch) -> None:
        in_thread_of_sync_code(super()._run, batch)

    def stop(self) -> None:
        in_thread_of_sync_code(super().stop)


class LoopBesideTheTest(WorkerLoop):
    """Each coroutine has a loop in a thread of its own, and what it leaves to `sync_to_async` runs in this one."""

    def run(self, coroutine: Coroutine[Any, Any, Any], context: Context) -> Any:
        async def run() -> Any:
            return await coroutine

        return context.run(async_to_sync(run, force_new_loop=True))


class ImmediateCrew(InlineCrew):
    """Stands in for threads: a task is given the very objects that its caller has."""

    def spawn(self, node: WorkerNode) -> InlineWorker:
        return ImmediateWorker(node, self._runner(), self._reports)

    def _runner(self) -> TaskRunner:
        runner = super()._runner()
        runner.loop = LoopBesideTheTest()
        return runner


in_place_of_a_process: ContextVar[bool] = ContextVar("poolapp_in_place_of_a_process", default=False)
"""Whether the calling code is a task that a process would run, was it not for a test."""


class CopyingWorker(ImmediateWorker):
    """Runs a task on copies of its arguments, and answers with a copy of its result."""

    max_payload: int | None = None

    def _perform(self, running: RunningTask, task: Task) -> Outcome:
        try:
            copy_arguments(task)
            assert task.context is not None
            task.context.run(in_place_of_a_process.set, True)
            outcome = super()._perform(running, task)
            good, packed = parcels.pack_outcome(outcome, task.name, self.max_payload)
            if good:
                return outcome._replace(value=parcels.unpack_value(_whole(packed)))
        except PoolError as exc:
            return failure(exc, batch_number=running.number)
        error, traceback = parcels.unpack_error(_whole(packed))
        return outcome._replace(value=None, error=error, traceback=traceback)


class CopyingCrew(ImmediateCrew):
    """Stands in for processes: what could not travel to one and back is refused in the same words."""

    def prepare(self, task: Task) -> None:
        super().prepare(task)
        task.payload = parcels.pack_call(task)
        parcels.check_size(task.payload, self._options.max_payload, f"the arguments of {task.name}")

    def check(self, function: TaskFunction) -> None:
        parcels.require_importable(function)

    def spawn(self, node: WorkerNode) -> InlineWorker:
        worker = CopyingWorker(node, self._runner(), self._reports)
        worker.max_payload = self._options.max_payload
        return worker


def copy_arguments(task: Task) -> None:
    """Give a task the arguments as a process would find them; raises TaskNotPicklable when they cannot be rebuilt."""
    _, task.args, task.kwargs, _ = parcels.unpack_call(task.function.reference, _whole(task.payload), {})


def in_thread_of_sync_code(function: Callable[..., object], *args: Any) -> None:
    """Call a function where `sync_to_async` would, if it is called by a coroutine: in the thread of the test itself."""
    if not is_in_coroutine():
        function(*args)
        return
    loop = asyncio.get_running_loop()
    current = getattr(AsyncToSync.executors, "current", None) or AsyncToSync.loop_thread_executors.get(loop)
    (current or SyncToAsync.single_thread_executor).submit(function, *args).result()


def is_in_coroutine() -> bool:
    """Whether an event loop runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _whole(payload: parcels.Payload) -> memoryview:
    return memoryview(b"".join(parcels.pieces(payload)))
