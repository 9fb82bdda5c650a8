"""Running one task, in any kind of worker."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from poolapp.engine.errors import TaskExited
from poolapp.engine.outcomes import Outcome
from poolapp.engine.tasks import load

logger = logging.getLogger("poolapp")

AroundTask = Callable[[], AbstractContextManager[Any]]


def make_runner(around_task: str | None, finalizer: str | None) -> TaskRunner:
    """A runner with these PoolOptions; ImportError or AttributeError when they name what is not there."""
    around = load(around_task) if around_task else contextlib.nullcontext
    return TaskRunner(around, load(finalizer) if finalizer else None)


class TaskRunner:
    """Runs one task after another in one thread; async functions run on an event loop that lives as long."""

    def __init__(self, around: AroundTask, at_end: Callable[[], object] | None = None) -> None:
        self._around = around
        self._at_end = at_end
        self._loop: asyncio.Runner | None = None

    def run(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Outcome:
        """Call the function; whatever it raises is in the outcome."""
        started_at = time.monotonic()
        try:
            with self._around():
                value = function(*args, **kwargs)
                if hasattr(value, "__await__"):
                    value = self._await(value)
        except BaseException as exc:
            return failure(exc, started_at)
        return Outcome(value, None, "", started_at, time.monotonic() - started_at)

    def close(self) -> None:
        """Let go of everything; what goes wrong is logged, the worker ends all the same."""
        for end in (self._loop.close if self._loop is not None else None, self._at_end):
            try:
                if end is not None:
                    end()
            except Exception:
                logger.exception("A worker could not end in good order")

    def _await(self, awaitable: Any) -> Any:
        if self._loop is None:
            self._loop = asyncio.Runner()
        return self._loop.run(_await(awaitable))


async def _await(awaitable: Any) -> Any:
    return await awaitable


def failure(exc: BaseException, started_at: float | None = None) -> Outcome:
    """The outcome of a task that raised; only Exceptions reach a caller."""
    now = time.monotonic()
    started_at = now if started_at is None else started_at
    text = "".join(traceback.format_exception(exc))
    error = exc if isinstance(exc, Exception) else TaskExited(f"the task raised {describe(exc)}")
    if error is not exc:
        error.__cause__ = exc
    return Outcome(None, error, text, started_at, now - started_at)


def describe(exc: BaseException) -> str:
    """An exception as "Type: text", even when its __str__ raises."""
    try:
        text = str(exc)
    except Exception:
        text = "<its text could not be made>"
    return f"{type(exc).__name__}: {text}" if text else type(exc).__name__
