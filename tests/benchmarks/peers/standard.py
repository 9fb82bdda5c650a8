"""Pools of Python's library."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.pool import ApplyResult
from typing import Any

from tests.benchmarks.peers.base import CONTEXT, Candidate
from tests.benchmarks.peers.pools import TaskByTask, executor


@contextmanager
def multiprocessing_pool(workers: int) -> Iterator[TaskByTask]:
    with multiprocessing.get_context(CONTEXT).Pool(workers) as pool:

        def submit(function: Callable[..., Any], *args: Any) -> ApplyResult[Any]:
            return pool.apply_async(function, args)

        yield TaskByTask(submit, ApplyResult.get)
        pool.close()
        pool.join()


def process_pool_executor(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context(CONTEXT))


CANDIDATES = (
    Candidate("multiprocessing.Pool", f"processes ({CONTEXT}), apply_async", "process", multiprocessing_pool),
    Candidate("ProcessPoolExecutor", f"processes ({CONTEXT}), submit", "process", executor(process_pool_executor)),
    Candidate("ThreadPoolExecutor", "threads, submit", "thread", executor(ThreadPoolExecutor)),
)
