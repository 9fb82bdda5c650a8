"""Pools that are called from this process, in whatever words: here they all speak the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.peers.base import require
from tests.benchmarks.work import same

Function = Callable[..., Any]
Arguments = Iterable[tuple[Any, ...]]


class Called:
    """Does tasks that return their number, by `call` and `call_many`."""

    call: Callable[..., Any]
    call_many: Callable[[Function, Arguments], list[Any]]

    def round_trips(self, count: int) -> list[float]:
        call, times, results = self.call, [], []
        for number in range(count):
            began = time.perf_counter()
            results.append(call(same, number))
            times.append((time.perf_counter() - began) * 1e6)
        require(results == list(range(count)))
        return times

    def many(self, count: int) -> float:
        began = time.perf_counter()
        results = self.call_many(same, ((number,) for number in range(count)))
        seconds = time.perf_counter() - began
        require(results == list(range(count)))
        return seconds


@dataclass(frozen=True)
class TaskByTask(Called):
    """A pool that is given one task after another.

    submit: takes a function and its arguments, and returns something to get the result with.
    result: gets it.
    acall: calls from a coroutine, where the pool can be.
    is_thread_safe: whether several threads may call it at the same time.
    """

    submit: Callable[..., Any]
    result: Callable[[Any], Any]
    acall: Callable[..., Awaitable[Any]] | None = None
    is_thread_safe: bool = True

    def call(self, function: Function, *args: Any) -> Any:
        return self.result(self.submit(function, *args))

    def call_many(self, function: Function, arguments: Arguments) -> list[Any]:
        submit, result = self.submit, self.result
        return [result(handle) for handle in [submit(function, *args) for args in arguments]]


@dataclass(frozen=True)
class Bulk(Called):
    """A pool that is given many tasks in one call, and makes what it likes of them."""

    call_many: Callable[[Function, Arguments], list[Any]]

    def call(self, function: Function, *args: Any) -> Any:
        return self.call_many(function, [args])[0]


def with_futures(submit: Callable[..., Future[Any]]) -> TaskByTask:
    """A pool whose submit returns a Future of concurrent.futures."""

    async def acall(function: Function, *args: Any) -> Any:
        return await asyncio.wrap_future(submit(function, *args))

    return TaskByTask(submit, Future.result, acall)


def executor(start: Callable[[int], Executor]) -> Callable[[int], AbstractContextManager[TaskByTask]]:
    """How a candidate is started that speaks the language of concurrent.futures."""

    @contextmanager
    def started(workers: int) -> Iterator[TaskByTask]:
        with start(workers) as pool:
            yield with_futures(pool.submit)

    return started
