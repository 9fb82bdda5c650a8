"""The event loop of a worker, on which its async functions run."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import types
from collections.abc import Coroutine, Generator
from concurrent.futures import Future
from contextvars import Context
from typing import Any

from poolapp.engine.workers.interruptible import RunningTask

logger = logging.getLogger("poolapp")


class WorkerLoop:
    """One event loop, made when it is needed and kept, so that what is bound to it can be used by the next task.

    As long as the worker runs one task at a time, the loop runs in that task's thread. Once it is shared, it runs in a
    thread of its own, where the coroutines of all tasks take turns.
    """

    def __init__(self) -> None:
        self._making = threading.Lock()
        self._turning = threading.Lock()  # held by the thread that runs the loop
        self._runner: asyncio.Runner | None = None
        self._thread: threading.Thread | None = None
        self._is_shared = False
        self._is_closing = False
        self._tasks: set[asyncio.Task[None]] = set()  # the loop itself does not keep them

    def share(self) -> None:
        """Let several threads run coroutines from now on, at the same time."""
        self._is_shared = True

    def run(self, coroutine: Coroutine[Any, Any, Any], context: Context) -> Any:
        """Run a coroutine to its end."""
        if not self._is_shared and self._turning.acquire(blocking=False):
            try:
                return self._made().run(coroutine, context=context)
            finally:
                self._turning.release()
        future: Future[Any] = Future()
        self._turned().call_soon_threadsafe(self._begin, coroutine, context, future)
        return future.result()

    def close(self) -> None:
        """End the loop; no coroutine runs any more."""
        if self._thread is not None:
            self._is_closing = True
            self._made().get_loop().call_soon_threadsafe(self._made().get_loop().stop)
            self._thread.join()
        if self._runner is not None:
            self._runner.close()

    def _made(self) -> asyncio.Runner:
        with self._making:
            if self._runner is None:
                self._runner = asyncio.Runner()
                self._runner.get_loop()  # which makes it; two threads at once would make two
            return self._runner

    def _turned(self) -> asyncio.AbstractEventLoop:
        """The loop, which a thread of its own runs, or will as soon as the task is over that runs it still."""
        loop = self._made().get_loop()
        with self._making:
            if self._thread is None:
                name = f"{threading.current_thread().name}-loop"
                self._thread = threading.Thread(target=self._turn, args=(loop,), name=name, daemon=True)
                self._thread.start()
        return loop

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._turning:
            while not self._is_closing:
                try:
                    loop.run_forever()
                except BaseException:  # a coroutine that a task had left alone wants to exit
                    logger.exception("The event loop of a worker was interrupted")

    def _begin(self, coroutine: Coroutine[Any, Any, Any], context: Context, future: Future[Any]) -> None:
        delivery = _deliver(coroutine, future)
        try:
            task = asyncio.get_running_loop().create_task(delivery, context=context)
        except BaseException as exc:  # the site's task factory knows no contexts
            delivery.close()
            coroutine.close()
            future.set_exception(exc)
        else:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _deliver(coroutine: Coroutine[Any, Any, Any], future: Future[Any]) -> None:
    """Nothing may be raised into the loop: what ends a process would end everybody's loop."""
    try:
        value = await coroutine
    except BaseException as exc:
        future.set_exception(exc)
    else:
        future.set_result(value)


@types.coroutine
def metered(coroutine: Coroutine[Any, Any, Any], running: RunningTask) -> Generator[Any, Any, Any]:
    """Await a coroutine on a shared loop, and note the CPU time of its steps.

    Tasks that it starts on the loop are not its steps, so what they take is not counted.
    """
    step, argument = coroutine.send, None
    while True:
        began = time.thread_time()
        try:
            wanted = step(argument)
        except StopIteration as end:
            return end.value
        finally:
            running.active_elsewhere += time.thread_time() - began
        try:
            argument = yield wanted
            step = coroutine.send
        except BaseException as exc:
            step, argument = coroutine.throw, exc
