"""Tasks and event loops: waits without holding the loop up, and wakes those whose tasks are over.

Many are woken with one call, since each call writes to a socket.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from functools import partial
from weakref import WeakKeyDictionary

from poolapp.engine.errors import QueueFull
from poolapp.engine.futures import TaskFuture
from poolapp.engine.light_future import LightFuture

SHORTEST_PAUSE = 0.002
LONGEST_PAUSE = 0.1

_by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, Arrivals] = WeakKeyDictionary()


async def completion(future: TaskFuture) -> None:
    """Wait until a task is over; a worker that would wait for one of its own pool helps out."""
    if (help_out := future.helper()) is None:
        await arrival(future)
    else:
        await asyncio.to_thread(help_out)


async def arrival(future: LightFuture) -> None:
    """Wait until a task is over, on the loop that runs."""
    loop = asyncio.get_running_loop()
    arrivals = _by_loop.get(loop) or _by_loop.setdefault(loop, Arrivals())
    waiter = loop.create_future()
    future.when_over(partial(arrivals.note, loop, waiter))
    await waiter


async def execute_patiently(execute: Callable[[], TaskFuture], seconds: float) -> TaskFuture:
    """Execute a task as soon as the queue has room; raises QueueFull when it has none in so many seconds.

    It asks now and then, at longer and longer intervals: whoever could tell has better things to do.
    """
    loop, pause = asyncio.get_running_loop(), SHORTEST_PAUSE
    deadline = loop.time() + seconds
    while True:
        try:
            return execute()
        except QueueFull:
            if loop.time() >= deadline:
                raise
        await asyncio.sleep(min(pause, max(0.0, deadline - loop.time())))
        pause = min(2 * pause, LONGEST_PAUSE)


class Arrivals:
    """Those on one loop whose tasks are over and who have not been woken."""

    def __init__(self) -> None:
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._has_called = False

    def note(self, loop: asyncio.AbstractEventLoop, waiter: asyncio.Future[None]) -> None:
        """Have somebody woken; called by any thread."""
        self._waiters.append(waiter)
        if not self._has_called:
            self._has_called = True
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
                loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._has_called = False  # first: whoever comes later calls again
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():  # its task may have been cancelled
                waiter.set_result(None)
