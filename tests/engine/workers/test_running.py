"""Running one task, in any kind of worker."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import time
from collections.abc import Callable, Iterator
from contextvars import Context
from typing import Any

import pytest

from poolapp.engine import InvalidOption, TaskExited
from poolapp.engine.outcomes import Outcome
from poolapp.engine.tasks import load
from poolapp.engine.workers import running
from poolapp.engine.workers.interruptible import RunningTask
from poolapp.engine.workers.running import MOST_QUICK_FUNCTIONS, TaskRunner, describe, make_runner
from tests.engine import functions
from tests.engine.workers import duties


@pytest.fixture
def runner() -> Iterator[TaskRunner]:
    runner = make_runner()
    yield runner
    runner.close()


def run(runner: TaskRunner, function: object, args: tuple, kwargs: dict) -> Outcome:
    """Run a function as a task with a context of its own."""
    task = RunningTask("task", number=7, index=0, tell=lambda *_: None)
    return runner.run(task, Context(), function, args, kwargs)


def test_the_value_is_in_the_outcome(runner: TaskRunner):
    outcome = run(runner, functions.add, (1,), {"second": 2})

    assert (outcome.value, outcome.error, outcome.traceback) == (3, None, "")


def test_the_run_time_is_in_the_outcome(runner: TaskRunner):
    before = time.monotonic()

    outcome = run(runner, functions.nap, (0.02,), {})

    assert outcome.started_at >= before
    assert 0.02 <= outcome.run_time <= time.monotonic() - before


def test_the_number_of_the_batch_is_in_the_outcome(runner: TaskRunner):
    assert run(runner, functions.nothing, (), {}).batch_number == 7
    assert run(runner, functions.fail, ("no such photo",), {}).batch_number == 7


def test_the_error_is_in_the_outcome_with_its_traceback(runner: TaskRunner):
    outcome = run(runner, functions.fail, ("no such photo",), {})

    assert isinstance(outcome.error, ValueError)
    assert "in fail\n    raise ValueError(message)" in outcome.traceback
    assert "no such photo" in outcome.traceback


@pytest.mark.parametrize("name", ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "CancelledError"])
@pytest.mark.parametrize("function", [functions.raise_base_exception, functions.raise_base_exception_later])
def test_only_exceptions_reach_a_caller(runner: TaskRunner, function: object, name: str):
    outcome = run(runner, function, (name,), {})

    assert isinstance(outcome.error, TaskExited)
    assert str(outcome.error).startswith(f"the task raised {name}")
    assert type(outcome.error.__cause__).__name__ == name


def test_async_functions_run_to_their_end(runner: TaskRunner):
    assert run(runner, functions.add_later, (1, 2), {}).value == 3
    assert isinstance(run(runner, functions.fail_later, ("later",), {}).error, ValueError)


def test_async_functions_share_a_loop_also_after_one_has_exited(runner: TaskRunner):
    first = run(runner, functions.running_loop, (), {}).value
    run(runner, functions.raise_base_exception_later, ("KeyboardInterrupt",), {})

    assert run(runner, functions.running_loop, (), {}).value == first


def test_any_awaitable_is_awaited(runner: TaskRunner):
    class Later:
        def __await__(self) -> Iterator[None]:
            yield from asyncio.sleep(0).__await__()
            return 5

    assert run(runner, Later, (), {}).value == 5


def test_the_loop_of_a_closed_runner_is_closed(runner: TaskRunner):
    loops: list[asyncio.AbstractEventLoop] = []

    async def remember() -> None:
        loops.append(asyncio.get_running_loop())

    run(runner, remember, (), {})
    runner.close()

    assert loops[0].is_closed()


def test_a_closed_runner_has_called_its_finalizer_whatever_went_wrong(caplog: pytest.LogCaptureFixture):
    calls: list[str] = []

    def finalize() -> None:
        calls.append("finalized")
        raise OSError("already closed")

    TaskRunner(contextlib.nullcontext, finalizer=finalize).close()

    assert calls == ["finalized"]
    assert "already closed" in caplog.text


@pytest.mark.parametrize("around, finalizer", [("tests.engine.functions:gone", None), (None, "no_such_module:end")])
def test_a_runner_needs_what_its_options_name(around: str | None, finalizer: str | None):
    with pytest.raises(InvalidOption, match=r"(around_task|finalizer) '.*' cannot be imported"):
        make_runner(around_task=around, finalizer=finalizer)


def test_a_context_manager_goes_around_async_functions_too():
    functions.prepared.clear()
    runner = make_runner(around_task="tests.engine.functions:counting_around")

    async def look() -> list[str]:
        return list(functions.prepared)

    assert run(runner, look, (), {}).value == ["before"]
    assert functions.prepared == ["before", "after"]
    functions.prepared.clear()
    runner.close()


@pytest.mark.parametrize(
    "exc, text",
    [
        (ValueError("no"), "ValueError: no"),
        (ValueError(), "ValueError"),
        (functions.Unspeakable(), "Unspeakable: <its text could not be made>"),
    ],
)
def test_every_exception_can_be_described(exc: Exception, text: str):
    assert describe(exc) == text


def test_an_error_whose_text_cannot_be_made_is_an_outcome(runner: TaskRunner):
    outcome = run(runner, functions.fail_unspeakably, (), {})

    assert isinstance(outcome.error, functions.Unspeakable)


def test_paths_lead_to_nested_names():
    assert load("tests.engine.functions:Adder.from_nothing") is functions.Adder.from_nothing


@pytest.mark.parametrize("path", ["tests.engine.no_such_module:x", "tests.engine.functions:no_such_name", "json"])
def test_paths_that_lead_nowhere_are_an_error(path: str):
    with pytest.raises((ImportError, AttributeError)):
        load(path)


# The active time


SHARED = pytest.mark.parametrize("shared", [False, True])


@pytest.fixture
def measured(runner: TaskRunner, shared: bool) -> Callable[..., Outcome]:
    """Runs a function for the second time, when one knows whether it is quick; on a shared loop if asked for."""
    if shared:
        runner.widen()

    def measure(function: Callable[..., Any], *args: Any) -> Outcome:
        run(runner, function, args, {})
        return run(runner, function, args, {})

    return measure


@SHARED
@pytest.mark.parametrize("function", [duties.burn, duties.burn_on_the_loop])
def test_computing_is_active_time(measured: Callable[..., Outcome], function: Callable[..., Any]):
    outcome = measured(function, 0.02)

    assert 0.02 <= outcome.active_time <= outcome.run_time


@SHARED
@pytest.mark.parametrize("function", [functions.nap, duties.nap_on_the_loop])
def test_waiting_is_no_active_time(measured: Callable[..., Outcome], function: Callable[..., Any]):
    outcome = measured(function, 0.1)

    assert 0 <= outcome.active_time < 0.05
    assert outcome.run_time >= 0.1


def test_a_failed_task_has_an_active_time_too(runner: TaskRunner):
    def burn_and_fail() -> None:
        duties.burn(0.01)
        raise ValueError

    assert run(runner, burn_and_fail, (), {}).active_time >= 0.01


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quick is what takes less than a time that no busy machine adds to a call of nothing."""
    monkeypatch.setattr(running, "QUICK", 0.1)


@pytest.mark.usefixtures("patient")
def test_a_quick_function_is_not_measured_until_it_takes_longer(runner: TaskRunner, monkeypatch: pytest.MonkeyPatch):
    readings: list[float] = []
    thread_time = time.thread_time
    monkeypatch.setattr(time, "thread_time", lambda: readings.append(1.0) or thread_time())

    def nap(seconds: float) -> None:
        if seconds:
            time.sleep(seconds)

    counts, outcomes = [], []
    for seconds in (0.0, 0.0, 0.15, 0.15, 0.0, 0.0):
        readings.clear()
        outcomes.append(run(runner, nap, (seconds,), {}))
        counts.append(len(readings))

    assert counts == [2, 0, 0, 2, 2, 0]
    assert [outcome.active_time == outcome.run_time for outcome in outcomes[1:4]] == [True, True, False]


@pytest.mark.usefixtures("patient")
def test_quick_functions_are_forgotten_with_their_last_user(runner: TaskRunner):
    def quick() -> None:
        pass

    run(runner, quick, (), {})
    assert id(quick) in runner._quick.ids

    del quick
    gc.collect()

    assert runner._quick.ids == {}


@pytest.mark.usefixtures("patient")
def test_quick_functions_are_few(runner: TaskRunner):
    many = [functools.partial(functions.nothing) for _ in range(MOST_QUICK_FUNCTIONS + 10)]

    for function in many:
        run(runner, function, (), {})

    assert 0 < len(runner._quick.ids) <= MOST_QUICK_FUNCTIONS


@pytest.mark.parametrize(
    "function", [functions.Adder(1), functions.Adder(1).method, functools.partial(functions.add, 1)]
)
def test_callables_of_any_kind_are_run(runner: TaskRunner, function: Callable[..., Any]):
    """Also those that cannot be hashed."""
    assert [run(runner, function, (2,), {}).value for _ in range(2)] == [3, 3]


def test_what_cannot_be_referred_to_weakly_is_always_measured(runner: TaskRunner):
    class Slotted:
        __slots__ = ()

        def __call__(self) -> int:
            return 1

    assert run(runner, Slotted(), (), {}).value == 1
    assert runner._quick.ids == {}


# The end


def test_hooks_are_called_once_and_on_the_loop_of_the_tasks(runner: TaskRunner):
    loops: list[int] = []

    async def note() -> None:
        loops.append(id(asyncio.get_running_loop()))

    runner = TaskRunner(kill_handler=note, finalizer=note)
    loop = run(runner, functions.running_loop, (), {}).value

    runner.close()
    runner.close()

    assert loops == [loop, loop]


@pytest.mark.parametrize("kind", [ValueError, SystemExit])
def test_a_hook_that_raises_is_logged_and_the_next_is_called(
    caplog: pytest.LogCaptureFixture, kind: type[BaseException]
):
    calls: list[str] = []

    async def refuse() -> None:
        raise kind("not now")

    TaskRunner(kill_handler=refuse, finalizer=lambda: calls.append("end")).close()

    assert calls == ["end"]
    assert "not now" in caplog.text
