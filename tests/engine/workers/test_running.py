"""Running one task, in any kind of worker."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from contextvars import Context

import pytest

from poolapp.engine import TaskExited
from poolapp.engine.outcomes import Outcome
from poolapp.engine.tasks import load
from poolapp.engine.workers.interruptible import RunningTask
from poolapp.engine.workers.running import TaskRunner, describe, make_runner
from tests.engine import functions


@pytest.fixture
def runner() -> Iterator[TaskRunner]:
    runner = make_runner(None, None)
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

    TaskRunner(contextlib.nullcontext, finalize).close()

    assert calls == ["finalized"]
    assert "already closed" in caplog.text


@pytest.mark.parametrize("around, finalizer", [("tests.engine.functions:gone", None), (None, "no_such_module:end")])
def test_a_runner_needs_what_its_options_name(around: str | None, finalizer: str | None):
    with pytest.raises((ImportError, AttributeError)):
        make_runner(around, finalizer)


def test_a_context_manager_goes_around_async_functions_too():
    functions.prepared.clear()
    runner = make_runner("tests.engine.functions:counting_around", None)

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
