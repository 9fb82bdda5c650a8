"""What users call: execute, aexecute, map, task, get_pool."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import WRAPPER_ASSIGNMENTS, partial
from typing import Any, overload

from asgiref.sync import iscoroutinefunction, markcoroutinefunction

from poolapp import registry
from poolapp.arrivals import completion, execute_patiently
from poolapp.engine.acquaintances import TaskRef
from poolapp.engine.errors import InvalidOptionType, QueueFull
from poolapp.engine.futures import TaskFuture
from poolapp.engine.pool import Pool
from poolapp.engine.tasks import TaskFunction, dotted_path
from poolapp.engine.validation import require_name
from poolapp.pools import get_pool

__all__ = ["RegisteredTask", "aexecute", "execute", "get_pool", "map", "task"]


@dataclasses.dataclass(frozen=True, eq=False)
class RegisteredTask(TaskFunction):
    """A function that was made a task; calling it still runs it here.

    pool: the alias of the pool that runs it.
    """

    pool: str = "default"

    def __post_init__(self) -> None:
        """Look like the function: name, docstring, signature (what functools.wraps does, past the frozen class)."""
        super().__post_init__()
        require_name("pool", self.pool)
        names = WRAPPER_ASSIGNMENTS
        vars(self).update({name: getattr(self.function, name) for name in names if hasattr(self.function, name)})
        vars(self)["__wrapped__"] = self.function
        if iscoroutinefunction(self.function):
            vars(self).update(vars(markcoroutinefunction(lambda: None)))

    def using(self, **changes: Any) -> RegisteredTask:
        """The same task with other values of what it was made with, such as `pool` or `timeout`; see `task`."""
        return super().using(**changes)

    def execute(self, *args: Any, **kwargs: Any) -> TaskFuture:
        """Run the task on its pool; see `execute`."""
        return execute(self, *args, **kwargs)

    async def aexecute(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task on its pool and await its result; see `aexecute`."""
        return await aexecute(self, *args, **kwargs)


@overload
def task(function: Callable[..., Any], /) -> RegisteredTask: ...


@overload
def task(
    *,
    name: str | None = None,
    pool: str = "default",
    priority: int = 0,
    strategy: str | None = None,
    workers: Sequence[int] | None = None,
    timeout: float | None = None,
    full_timeout: float | None = None,
    retry_lost: bool = False,
) -> Callable[[Callable[..., Any]], RegisteredTask]: ...


def task(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    pool: str = "default",
    priority: int = 0,
    strategy: str | None = None,
    workers: Sequence[int] | None = None,
    timeout: float | None = None,
    full_timeout: float | None = None,
    retry_lost: bool = False,
) -> RegisteredTask | Callable[[Callable[..., Any]], RegisteredTask]:
    """Make a function a task, as `@task` or `@task(name=…, pool=…, …)`.

    name: the name it is asked for and shown by; its dotted path unless given.
    pool: the alias of the pool that runs it.
    priority: a whole number from -20, which goes first, to 19; 0 unless given.
    strategy: the strategy that chooses its worker; the pool's own unless given.
    workers: the slots, from 0, whose workers may run it; all unless given.
    timeout: seconds that a run of it may take; the pool's own limit unless given.
    full_timeout: seconds that a caller waits for room where the queue is full; the pool's own limit unless given.
    retry_lost: whether it may run once more when its worker dies while it runs, since running it twice does no harm.

    Each can be changed for single calls: `thumbnail.using(timeout=2).execute(…)`. Raises InvalidOptionType for what is
    not callable, InvalidOption or InvalidOptionType for a wrong value, PoolError when another function has the name.
    """

    options: dict[str, Any] = {"pool": pool, "priority": priority, "strategy": strategy, "workers": workers}
    options |= {"timeout": timeout, "full_timeout": full_timeout, "retry_lost": retry_lost}

    def decorate(function: Callable[..., Any]) -> RegisteredTask:
        if not callable(function):
            raise InvalidOptionType(f"a task must be a function, not {function!r}")
        registered = RegisteredTask(function, dotted_path(function) if name is None else name, **options)
        registry.register(registered)
        return registered

    return decorate if function is None else decorate(function)


def execute(task: TaskRef | None, /, *args: Any, **kwargs: Any) -> TaskFuture:
    """Run a task on its pool, and return a future of its result at once.

    task: a task, any function that a worker can import, the name of a registered task, or None for the default task
        of the pool "default".

    A pool that does not run yet is started first. Inside a transaction the task starts at once all the same: it does
    not see what has not been committed; use `transaction.on_commit` where it must.

    Raises TaskNotFound for an unknown name, TaskNotPicklable for a function or argument that a worker process could
    not be given, QueueFull when as many tasks wait as may, and PoolNotStarted or PoolDestroyed when there is no pool to
    run it.
    """
    return _pool_of(task).execute(task, *args, **kwargs)


async def aexecute(task: TaskRef | None, /, *args: Any, **kwargs: Any) -> Any:
    """Run a task on its pool and await its result; cancelling the await aborts the task.

    Raises what `execute` raises, and what the task raises.
    """
    pool = _pool_of(task)
    try:
        future = pool.execute(task, *args, **kwargs)
    except QueueFull:
        future = await execute_patiently(partial(pool.execute, task, *args, **kwargs), pool.full_timeout(task))
    try:
        await completion(future)
    except asyncio.CancelledError:
        future.abort("its caller was cancelled")
        raise
    return future.result()


def map(
    task: TaskRef | None, /, *iterables: Iterable[Any], timeout: float | None = None, buffersize: int | None = None
) -> Iterator[Any]:
    """Run a task for every element of the iterables, as the built-in map does; results come in order.

    timeout: seconds from now after which waiting for a result raises TimeoutError.
    buffersize: how many results may be under way; the input is consumed only so far ahead of them.
    """
    return _pool_of(task).map(task, *iterables, timeout=timeout, buffersize=buffersize)


def _pool_of(task: TaskRef | None) -> Pool:
    """The pool of a task; a name is looked up once the task modules are imported, which starting a pool does."""
    if isinstance(task, str) and task not in registry.functions:
        registry.discover()
    found = registry.functions.get(task) if isinstance(task, str) else task
    return get_pool(getattr(found, "pool", "default"))
