"""The event loop of a worker: one for all its tasks, in the task's thread first, in its own once it is shared."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextvars import Context
from typing import Any

import pytest

from poolapp.engine.workers.interruptible import RunningTask
from poolapp.engine.workers.loops import WorkerLoop, metered
from tests.engine.workers import duties


@pytest.fixture
def loop() -> Iterator[WorkerLoop]:
    loop = WorkerLoop()
    yield loop
    loop.close()


async def where() -> tuple[int, int]:
    return id(asyncio.get_running_loop()), threading.get_ident()


async def fail() -> None:
    raise ConnectionError("lost")


def run(loop: WorkerLoop, coroutine: Any) -> Any:
    return loop.run(coroutine, Context())


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """The values of calls that are made in threads of their own, at the same time."""
    barrier = threading.Barrier(len(calls))
    values: list[Any] = [None] * len(calls)

    def call(position: int) -> None:
        barrier.wait(10)
        values[position] = calls[position]()

    threads = [threading.Thread(target=call, args=(position,)) for position in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return values


def test_it_runs_in_the_thread_of_the_task_while_it_is_not_shared(loop: WorkerLoop):
    assert run(loop, where())[1] == threading.get_ident()


def test_it_runs_in_a_thread_of_its_own_once_it_is_shared_and_stays_the_same(loop: WorkerLoop):
    before, here = run(loop, where())

    loop.share()
    after, there = run(loop, where())

    assert after == before
    assert there != here
    assert run(loop, where()) == (after, there)


@pytest.mark.parametrize("_", range(20))
def test_those_who_come_first_at_the_same_time_get_the_same(loop: WorkerLoop, _: int):
    loop.share()

    assert len(set(at_once(*[lambda: run(loop, where())] * 4))) == 1


@pytest.mark.parametrize("shared", [False, True])
def test_a_coroutine_has_the_context_that_it_is_given(loop: WorkerLoop, shared: bool):
    context = Context()
    context.run(duties.language.set, "de")
    if shared:
        loop.share()

    assert loop.run(duties.values_later(), context) == ("de", "none")


@pytest.mark.parametrize("shared", [False, True])
def test_what_a_coroutine_raises_is_raised(loop: WorkerLoop, shared: bool):
    if shared:
        loop.share()

    with pytest.raises(ConnectionError, match="lost"):
        run(loop, fail())
    assert run(loop, asyncio.sleep(0, "awake")) == "awake"


def test_a_task_that_stops_a_shared_loop_stops_nobody(loop: WorkerLoop):
    async def stop() -> None:
        asyncio.get_running_loop().stop()

    loop.share()

    run(loop, stop())

    assert run(loop, asyncio.sleep(0, "awake")) == "awake"


def test_a_task_factory_that_knows_no_contexts_is_an_error(loop: WorkerLoop):
    async def set_factory() -> None:
        asyncio.get_running_loop().set_task_factory(lambda loop, coroutine: asyncio.Task(coroutine, loop=loop))

    loop.share()
    run(loop, set_factory())

    with pytest.raises(TypeError, match="context"):
        run(loop, asyncio.sleep(0))


@pytest.mark.parametrize("shared", [False, True])
def test_a_closed_loop_has_cancelled_what_was_left_on_it(shared: bool):
    loop = WorkerLoop()
    left: list[asyncio.Task[None]] = []

    async def leave_something() -> None:
        left.append(asyncio.ensure_future(asyncio.sleep(3600)))
        await asyncio.sleep(0)

    if shared:
        loop.share()
    run(loop, leave_something())

    loop.close()

    assert left[0].cancelled()


def test_closing_what_was_never_needed_does_nothing():
    WorkerLoop().close()


# CPU time


def meter(awaitable: Any) -> tuple[Any, float]:
    """What a metered coroutine returns, and the CPU time of its steps."""
    task = RunningTask("measured", 1, 0, lambda *_: None)

    async def run_metered() -> Any:
        return await metered(awaitable, task)

    return asyncio.run(run_metered()), task.active_elsewhere


def test_the_steps_of_a_coroutine_are_measured():
    value, active = meter(duties.burn_on_the_loop(0.02))

    assert value == 0.02
    assert 0.02 <= active < 0.2


def test_waiting_is_not_measured():
    _, active = meter(duties.nap_on_the_loop(0.1))

    assert active < 0.05


def test_what_others_do_on_the_loop_is_not_measured():
    async def both() -> float:
        task = RunningTask("measured", 1, 0, lambda *_: None)

        async def nap() -> None:
            await metered(duties.nap_on_the_loop(0.01), task)

        await asyncio.gather(nap(), duties.burn_on_the_loop(0.05))
        return task.active_elsewhere

    assert asyncio.run(both()) < 0.03


def test_a_metered_coroutine_behaves_as_any_other():
    events: list[object] = []

    async def careful() -> str:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            events.append("cancelled")
        try:
            await fail()
        except ConnectionError as exc:
            events.append(str(exc))
        return await asyncio.sleep(0.001, "done")

    async def cancel_it() -> str:
        task = RunningTask("measured", 1, 0, lambda *_: None)

        async def run_metered() -> str:
            return await metered(careful(), task)

        future = asyncio.ensure_future(run_metered())
        await asyncio.sleep(0)
        future.cancel()
        return await future

    assert asyncio.run(cancel_it()) == "done"
    assert events == ["cancelled", "lost"]
