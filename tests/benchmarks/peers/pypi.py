"""Pools of the Python Package Index, as far as they are installed; each is called like its module."""

from __future__ import annotations

import importlib.util
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from tests.benchmarks.peers.base import CONTEXT, Candidate
from tests.benchmarks.peers.pools import Arguments, Bulk, Function, TaskByTask, executor, with_futures


def loky_executor(workers: int) -> Executor:
    import loky

    pool: Executor = loky.ProcessPoolExecutor(workers)
    return pool


@contextmanager
def pebble_pool(workers: int) -> Iterator[TaskByTask]:
    import pebble

    with pebble.ProcessPool(workers, context=multiprocessing.get_context(CONTEXT)) as pool:
        yield with_futures(lambda function, *args: pool.submit(function, None, *args))


@contextmanager
def mpire_pool(workers: int) -> Iterator[TaskByTask]:
    import mpire
    from mpire.async_result import AsyncResult

    with mpire.WorkerPool(workers, start_method=CONTEXT) as pool:
        # Called from several threads, it mixes the parts of their tasks up (2.10).
        yield TaskByTask(
            lambda function, *args: pool.apply_async(function, args), AsyncResult.get, is_thread_safe=False
        )


@contextmanager
def joblib_parallel(workers: int) -> Iterator[Bulk]:
    import joblib

    with joblib.Parallel(workers) as parallel:

        def call_many(function: Function, arguments: Arguments) -> list[Any]:
            return list(parallel(joblib.delayed(function)(*args) for args in arguments))

        yield Bulk(call_many)


def candidate(name: str, about: str, start: Callable[[int], Any]) -> Candidate:
    return Candidate(name, about, "process", start, is_there=importlib.util.find_spec(name) is not None)


CANDIDATES = (
    candidate("loky", "processes, submit", executor(loky_executor)),
    candidate("pebble", f"processes ({CONTEXT}), submit", pebble_pool),
    candidate("mpire", f"processes ({CONTEXT}), apply_async", mpire_pool),
    candidate(
        "joblib", "processes (loky), Parallel: one call for many tasks, which it makes batches of", joblib_parallel
    ),
)
