"""Pools of the Python Package Index, as far as they are installed; each is called like its module."""

from __future__ import annotations

import importlib.util
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from tests.benchmarks.peers.base import CONTEXT, Calls, Candidate, Peer, executor
from tests.benchmarks.work import same


def loky_executor(workers: int) -> Executor:
    import loky

    pool: Executor = loky.ProcessPoolExecutor(workers)
    return pool


@contextmanager
def pebble_pool(workers: int) -> Iterator[Peer]:
    import pebble

    with pebble.ProcessPool(workers, context=multiprocessing.get_context(CONTEXT)) as pool:
        submit = pool.submit

        def call_many(count: int) -> list[int]:
            return [future.result() for future in [submit(same, None, number) for number in range(count)]]

        yield Calls(lambda number: submit(same, None, number).result(), call_many)


@contextmanager
def mpire_pool(workers: int) -> Iterator[Peer]:
    import mpire

    with mpire.WorkerPool(workers, start_method=CONTEXT) as pool:
        apply = pool.apply_async

        def call_many(count: int) -> list[int]:
            return [result.get() for result in [apply(same, number) for number in range(count)]]

        yield Calls(lambda number: apply(same, number).get(), call_many)


@contextmanager
def joblib_parallel(workers: int) -> Iterator[Peer]:
    import joblib

    with joblib.Parallel(workers) as parallel:

        def call_many(count: int) -> list[int]:
            results: Any = parallel(joblib.delayed(same)(number) for number in range(count))
            return list(results)

        yield Calls(lambda number: parallel([joblib.delayed(same)(number)])[0], call_many)


CANDIDATES = tuple(
    candidate
    for candidate in (
        Candidate("loky", "processes, submit", executor(loky_executor)),
        Candidate("pebble", f"processes ({CONTEXT}), submit", pebble_pool),
        Candidate("mpire", f"processes ({CONTEXT}), apply_async", mpire_pool),
        Candidate("joblib", "processes (loky), Parallel, which makes batches of tasks", joblib_parallel),
    )
    if importlib.util.find_spec(candidate.name) is not None
)
