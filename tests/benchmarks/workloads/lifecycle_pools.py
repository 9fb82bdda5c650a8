"""Pools as a server with Django has them: our own, and others whose workers set Django up in an initializer."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.pool import ApplyResult
from typing import Any, NamedTuple

from poolapp.engine import Pool, PoolOptions, TaskFuture
from tests.benchmarks.peers.base import CONTEXT
from tests.benchmarks.subjects import PROCESS, THREAD, THREAD_PEER

PATIENCE_SECONDS = 20.0
LONG_SECONDS = 60.0
SECONDS_TO_BEGIN = 0.1


class Living(NamedTuple):
    """A running pool: how it is given a task, and how its result is awaited; our own is there as such as well.

    Its tasks here are functions of Python itself, so that workers import nothing for them.
    """

    submit: Callable[..., Any]
    result: Callable[..., Any]
    pool: Pool | None = None

    def pids(self, workers: int) -> set[int]:
        """The processes of all workers, once each of them has answered."""
        pids: set[int] = set()
        while len(pids) < workers:
            handles = [self.submit(os.getpid) for _ in range(workers)]
            pids |= {self.result(handle, PATIENCE_SECONDS) for handle in handles}
        return pids

    def keep_busy(self, workers: int) -> None:
        """Give so many idle workers something that takes longer than anything here."""
        for _ in range(workers):
            self.submit(time.sleep, LONG_SECONDS)
        time.sleep(SECONDS_TO_BEGIN)


class SetUp(NamedTuple):
    """What a worker does first: a function and its arguments."""

    initializer: Callable[..., None] | None = None
    arguments: tuple[Any, ...] = ()


Start = Callable[[int, SetUp], Living]


def with_django() -> SetUp:
    """Set Django up here, and return what does it in a worker: what the app's own pools do."""
    import django

    django.setup()
    from poolapp.db import database_names
    from poolapp.worker_setup import set_up

    return SetUp(set_up, (database_names(),))


def ours(worker: str) -> Start:
    def start(workers: int, set_up: SetUp) -> Living:
        options = PoolOptions(name=f"benchmark-{worker}", worker=worker, min_size=workers)
        if set_up.initializer is not None:
            options = as_in_the_app(options, set_up)
        pool = Pool(options)
        pool.start()
        return Living(pool.submit, TaskFuture.result, pool)

    return start


def as_in_the_app(options: PoolOptions, set_up: SetUp) -> PoolOptions:
    """Options with everything that the Django app adds to them."""
    assert set_up.initializer
    return options.replace(
        initializer=f"{set_up.initializer.__module__}:{set_up.initializer.__qualname__}",
        initializer_args=set_up.arguments,
        around_task="poolapp.db:fresh_connections",
        finalizer="poolapp.db:close_connections",
    )


def of_executor(make: Callable[..., Executor], **options: Any) -> Start:
    def start(workers: int, set_up: SetUp) -> Living:
        executor = make(workers, initializer=set_up.initializer, initargs=set_up.arguments, **options)
        return Living(executor.submit, Future.result)

    return start


def process_pool_executor(workers: int, set_up: SetUp) -> Living:
    return of_executor(ProcessPoolExecutor, mp_context=multiprocessing.get_context(CONTEXT))(workers, set_up)


def loky_executor(workers: int, set_up: SetUp) -> Living:
    import loky

    return of_executor(loky.ProcessPoolExecutor)(workers, set_up)


def pebble_pool(workers: int, set_up: SetUp) -> Living:
    import pebble

    context = multiprocessing.get_context(CONTEXT)
    pool = pebble.ProcessPool(workers, initializer=set_up.initializer, initargs=set_up.arguments, context=context)
    return Living(lambda function, *args: pool.submit(function, None, *args), Future.result)


def multiprocessing_pool(workers: int, set_up: SetUp) -> Living:
    pool = multiprocessing.get_context(CONTEXT).Pool(workers, set_up.initializer, set_up.arguments)
    return Living(lambda function, *args: pool.apply_async(function, args), ApplyResult.get)


ALL_PROCESSES: dict[str, Start] = {
    PROCESS: ours("process"),
    "multiprocessing.Pool": multiprocessing_pool,
    "ProcessPoolExecutor": process_pool_executor,
    "loky": loky_executor,
    "pebble": pebble_pool,
}
PACKAGES = {"loky", "pebble"}
PROCESSES = {
    name: start for name, start in ALL_PROCESSES.items() if name not in PACKAGES or importlib.util.find_spec(name)
}
THREADS: dict[str, Start] = {THREAD: ours("thread"), THREAD_PEER: of_executor(ThreadPoolExecutor)}
