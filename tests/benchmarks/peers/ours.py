"""The pools of poolapp."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any

from poolapp.engine import Pool, PoolOptions, TaskFuture
from tests.benchmarks.peers.base import Candidate
from tests.benchmarks.peers.pools import TaskByTask


def pool(worker: str, **options: Any) -> Callable[[int], AbstractContextManager[TaskByTask]]:
    """How a pool of such workers is started; options: see PoolOptions."""

    @contextmanager
    def started(workers: int) -> Iterator[TaskByTask]:
        with Pool(PoolOptions(worker=worker, min_size=workers, name=f"benchmark-{worker}", **options)) as pool:
            yield TaskByTask(pool.submit, TaskFuture.result, acall_of(pool))

    return started


def acall_of(pool: Pool) -> Callable[..., Any]:
    """poolapp.aexecute, on this pool instead of one of the settings'. Django is set up with the first call."""

    @cache
    def task_of(function: Callable[..., Any]) -> Any:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
        import django

        django.setup()
        from poolapp import pools
        from poolapp.api import RegisteredTask

        # Where aexecute looks for pools. The observers that the app attaches have a workload of their own.
        pools._set.pools[pool.options.name] = pool
        return RegisteredTask(function, function.__qualname__, pool=pool.options.name)

    async def acall(function: Callable[..., Any], *args: Any) -> Any:
        return await task_of(function).aexecute(*args)

    return acall


CANDIDATES = (
    Candidate("poolapp process", "processes (nursery), submit", "process", pool("process")),
    Candidate("poolapp thread", "threads, submit", "thread", pool("thread")),
)
