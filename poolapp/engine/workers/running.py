"""Running one task, in any kind of worker."""

from __future__ import annotations

import asyncio
import functools
import logging
import threading
import time
import traceback
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import Context, copy_context
from typing import Any

from poolapp.engine.current import running_task
from poolapp.engine.errors import TaskExited
from poolapp.engine.outcomes import Outcome
from poolapp.engine.tasks import load_option
from poolapp.engine.workers.interruptible import RunningTask
from poolapp.engine.workers.loops import WorkerLoop, metered

logger = logging.getLogger("poolapp")

RUNNER_OPTIONS = ("around_task", "inside_task", "finalizer", "kill_handler")
"""The PoolOptions that say what a runner does besides running tasks."""

AroundTask = Callable[[], AbstractContextManager[Any]]
InsideTask = Callable[[RunningTask], AbstractContextManager[Any]]
Hook = Callable[[], object]

# A task that runs for less time than this (seconds) is not worth a reading of its CPU time, which takes a microsecond.
QUICK = 0.0001
MOST_QUICK_FUNCTIONS = 256

new_tuple = tuple.__new__


def make_runner(**paths: str | None) -> TaskRunner:
    """A runner with these of RUNNER_OPTIONS; InvalidOption when one of them names what is not there."""
    return TaskRunner(**{option: load_option(option, path) for option, path in paths.items() if path})


class TaskRunner:
    """Runs the tasks of one worker; async functions run on an event loop that lives as long as the worker."""

    def __init__(
        self,
        around_task: AroundTask | None = None,
        inside_task: InsideTask | None = None,
        finalizer: Hook | None = None,
        kill_handler: Hook | None = None,
    ) -> None:
        self._around = around_task
        self._inside = inside_task
        self._at_end = finalizer
        self._at_kill = kill_handler
        self.loop = WorkerLoop()
        self._quick = QuickFunctions()

    @property
    def handles_kill(self) -> bool:
        """Whether something is to be done before the worker is killed."""
        return self._at_kill is not None

    def widen(self) -> None:
        """Let several threads run tasks at the same time from now on."""
        self.loop.share()

    def run(self, task: RunningTask, context: Context, function: Callable[..., Any], args: Any, kwargs: Any) -> Outcome:
        """Call the function in the context; whatever it raises is in the outcome.

        The active time is that of this thread's CPU. A function whose last run was quick is not measured: it counts as
        active all the time.
        """
        is_quick = id(function) in self._quick.ids
        cpu_before = 0.0 if is_quick else time.thread_time()
        started_at = time.monotonic()
        error: BaseException | None = None
        try:
            if self._around is None:
                value = self._call_inside(task, context, function, args, kwargs)
            else:
                with self._around():
                    value = self._call_inside(task, context, function, args, kwargs)
        except BaseException as exc:
            error = exc
        run_time = time.monotonic() - started_at
        if is_quick:
            active_time = run_time
            if run_time >= QUICK:
                self._quick.remove(function)
        else:
            active_time = min(time.thread_time() - cpu_before + task.active_elsewhere, run_time)
            if run_time < QUICK:
                self._quick.add(function)
        if error is None:
            # Three times as fast as calling the class, which matters here.
            return new_tuple(Outcome, (value, None, "", started_at, run_time, active_time, task.number))
        return failure(error, started_at, run_time, active_time, task.number)

    def close(self) -> None:
        """Let go of everything; what goes wrong is logged, the worker ends all the same."""
        at_end, self._at_end = self._at_end, None
        for end in (self._take_kill_handler(), at_end):
            if end is not None:
                self._call_hook(end)
        try:
            self.loop.close()
        except Exception:
            logger.exception("The event loop of a worker could not be closed")

    def handle_kill(self) -> None:
        """Do what is to be done before the worker is killed, in a thread of its own."""
        if (at_kill := self._take_kill_handler()) is not None:
            self._call_hook(at_kill, asyncio.run)

    def _call_inside(
        self, task: RunningTask, context: Context, function: Callable[..., Any], args: Any, kwargs: Any
    ) -> Any:
        if self._inside is None:
            return self._call(task, context, function, args, kwargs)
        with Within(context, self._inside(task)):
            return self._call(task, context, function, args, kwargs)

    def _call(self, task: RunningTask, context: Context, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        try:
            task.begin()
            value = context.run(_call, task, function, args, kwargs)
            if hasattr(value, "__await__"):
                task.rest()
                value = self.loop.run(_steer(task, value, threading.get_ident()), context)
        finally:
            # Whatever this raises is an interrupt that came at the last moment: it was on its way, and is the only one.
            task.rest()
        return value

    def _take_kill_handler(self) -> Hook | None:
        at_kill, self._at_kill = self._at_kill, None
        return at_kill

    def _call_hook(self, hook: Hook, run: Callable[[Any], Any] | None = None) -> None:
        try:
            value = hook()
            if hasattr(value, "__await__"):
                (run or functools.partial(self.loop.run, context=copy_context()))(_await(value))
        except BaseException:  # also what would end a process: it ends as it is
            logger.exception("A worker could not end in good order")


class Within:
    """Enters and leaves a context manager with other context variables than those of the calling code."""

    def __init__(self, context: Context, manager: AbstractContextManager[Any]) -> None:
        self._context = context
        self._manager = manager

    def __enter__(self) -> None:
        self._context.run(self._manager.__enter__)

    def __exit__(self, *exc_info: Any) -> bool | None:
        return self._context.run(self._manager.__exit__, *exc_info)


class QuickFunctions:
    """Functions whose last run was quick, as long as they live; a bounded number of them."""

    def __init__(self) -> None:
        self.ids: dict[int, weakref.ref[Any]] = {}

    def add(self, function: Callable[..., Any]) -> None:
        """Remember a function; what cannot be referred to weakly is not remembered."""
        key = id(function)
        if len(self.ids) >= MOST_QUICK_FUNCTIONS:
            self.ids.clear()
        try:
            self.ids[key] = weakref.ref(function, lambda _: self.ids.pop(key, None))
        except TypeError:
            return

    def remove(self, function: Callable[..., Any]) -> None:
        self.ids.pop(id(function), None)


def _call(task: RunningTask, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """What a task's context sees first."""
    running_task.set(task)
    return function(*args, **kwargs)


async def _steer(task: RunningTask, awaitable: Any, thread: int) -> Any:
    """Await what a task is about, and be cancelled when the task is interrupted."""
    coroutine, current = _await(awaitable), asyncio.current_task()
    assert current is not None
    task.cancel_by(functools.partial(asyncio.get_running_loop().call_soon_threadsafe, current.cancel))
    try:
        # In another thread than the one that answers for the task, its CPU time is not that thread's.
        return await (coroutine if threading.get_ident() == thread else metered(coroutine, task))
    finally:
        task.cancel_by(None)


async def _await(awaitable: Any) -> Any:
    return await awaitable


def failure(
    exc: BaseException,
    started_at: float | None = None,
    run_time: float = 0.0,
    active_time: float = 0.0,
    batch_number: int = 0,
) -> Outcome:
    """The outcome of a task that raised, now unless told when it started; only Exceptions reach a caller."""
    started_at = time.monotonic() if started_at is None else started_at
    text = "".join(traceback.format_exception(exc))
    error = exc if isinstance(exc, Exception) else TaskExited(f"the task raised {describe(exc)}")
    if error is not exc:
        error.__cause__ = exc
    return Outcome(None, error, text, started_at, run_time, active_time, batch_number)


def describe(exc: BaseException) -> str:
    """An exception as "Type: text", even when its __str__ raises."""
    try:
        text = str(exc)
    except Exception:
        text = "<its text could not be made>"
    return f"{type(exc).__name__}: {text}" if text else type(exc).__name__
