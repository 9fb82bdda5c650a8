"""Asking running tasks to end: thread workers and process workers, plain functions and coroutines, narrow and wide."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from poolapp.engine.errors import TaskAborted, TaskTimeout
from poolapp.engine.outcomes import Outcome
from poolapp.engine.workers.inline import InlineCrew
from poolapp.engine.workers.process import ProcessCrew
from poolapp.engine.workers.thread import ThreadCrew
from tests.engine import functions
from tests.engine.gates import Gate
from tests.engine.workers import duties
from tests.engine.workers.direct import Driver

Drive = Callable[..., Driver]

WIDE = pytest.mark.parametrize("width", [1, 3])
ASKED = pytest.mark.parametrize("timed_out, error", [(False, TaskAborted), (True, TaskTimeout)])


def start(drive: Drive, kind: str, width: int) -> Driver:
    driver = drive(kind)
    if width > 1:
        driver.widen(width)
    return driver


def interrupt(driver: Driver, function: Callable[..., object], *args: object, timed_out: bool = False) -> Outcome:
    """Start a task, interrupt it once it has begun; how it ended."""
    number = driver.give(function, *args)
    assert driver.message(number) == "begun"
    driver.interrupt(number, timed_out=timed_out)
    return driver.outcome(number)


def cause(outcome: Outcome) -> str:
    """What a coroutine has ended with, which is no Exception."""
    return type(outcome.error).__name__ + f": {outcome.error}"


def test_crews_tell_whether_they_can_interrupt():
    assert ThreadCrew.can_interrupt
    assert ProcessCrew.can_interrupt
    assert not InlineCrew.can_interrupt


# A plain function


@WIDE
@ASKED
def test_python_code_in_a_process_is_interrupted(drive: Drive, width: int, timed_out: bool, error: type[Exception]):
    driver = start(drive, "process", width)

    outcome = interrupt(driver, duties.spin, timed_out=timed_out)

    assert type(outcome.error) is error
    assert "in spin" in outcome.traceback
    assert driver.run(os.getpid) == driver.pid


def test_a_call_of_the_system_in_a_process_is_interrupted(drive: Drive):
    driver = drive("process")

    outcome = interrupt(driver, duties.sleep)

    assert isinstance(outcome.error, TaskAborted)
    assert outcome.run_time < 10


def test_a_task_that_waits_at_a_pipe_is_interrupted(drive: Drive, gate: Gate):
    driver = drive("process")
    number = driver.give(functions.pass_gate, *gate.paths)
    gate.wait_for_task()

    driver.interrupt(number)

    assert isinstance(driver.outcome(number).error, TaskAborted)


def test_a_call_of_the_system_in_a_wide_worker_ends_first(drive: Drive, gate: Gate):
    """The exception is raised when Python code goes on."""
    driver = start(drive, "process", 2)
    number = driver.give(functions.pass_gate, *gate.paths)
    gate.wait_for_task()

    driver.interrupt(number)
    assert driver.run(functions.add, 1, 2) == 3
    gate.open()

    assert isinstance(driver.outcome(number).error, TaskAborted)


@WIDE
def test_a_function_in_a_thread_has_to_look(drive: Drive, width: int):
    driver = start(drive, "thread", width)

    outcome = interrupt(driver, duties.spin_and_look, timed_out=True)

    assert str(outcome.error) == "spin_and_look has run for longer than it may"


def test_a_function_in_a_thread_that_does_not_look_goes_on(drive: Drive, gate: Gate):
    driver = drive("thread")
    number = driver.give(functions.pass_gate, *gate.paths)
    gate.wait_for_task()

    driver.interrupt(number)
    gate.open()

    assert driver.outcome(number).value == "passed"


@WIDE
def test_a_task_that_does_not_mind_has_a_value(drive: Drive, width: int):
    driver = start(drive, "process", width)

    assert interrupt(driver, duties.insist).value == "insisted after TaskAborted"


@WIDE
def test_what_a_task_makes_of_the_interrupt_is_its_error(drive: Drive, width: int):
    driver = start(drive, "process", width)

    outcome = interrupt(driver, duties.fail_when_interrupted)

    assert isinstance(outcome.error, ConnectionError)
    assert "TaskAborted" in outcome.traceback


# A coroutine


@WIDE
@pytest.mark.parametrize("kind", ["thread", "process"])
@pytest.mark.parametrize("function", [duties.sleep_on_the_loop, duties.spin_on_the_loop])
def test_a_coroutine_is_cancelled(drive: Drive, kind: str, width: int, function: Callable[..., object]):
    driver = start(drive, kind, width)

    outcome = interrupt(driver, function)

    assert cause(outcome) == "TaskExited: the task raised CancelledError"
    assert driver.run(functions.add_later, 1, 2) == 3


# The right one, at the right time


@pytest.mark.parametrize("kind", ["thread", "process"])
def test_a_task_that_is_about_to_begin_is_interrupted_when_it_does(drive: Drive, kind: str, gate: Gate):
    driver = drive(kind)
    first = driver.give(functions.pass_gate, *gate.paths)
    second = driver.give(functions.add, 1, 2)
    gate.wait_for_task()

    driver.interrupt(second, timed_out=True)
    gate.open()

    assert driver.outcome(first).value == "passed"
    outcome = driver.outcome(second)
    assert isinstance(outcome.error, TaskTimeout)
    assert "in add" not in outcome.traceback


@pytest.mark.parametrize("kind", ["thread", "process"])
def test_a_task_that_was_answered_is_not_interrupted_and_neither_is_the_next(drive: Drive, kind: str, gate: Gate):
    driver = drive(kind)
    first = driver.give(functions.add, 1, 2)
    driver.outcome(first)
    second = driver.give(functions.pass_gate, *gate.paths)
    gate.wait_for_task()

    driver.interrupt(first)
    gate.open()

    assert driver.outcome(second).value == "passed"


def test_one_task_of_a_batch_is_interrupted(drive: Drive, gate: Gate):
    driver = drive("process")
    number = driver.give_batch(
        (functions.pass_gate, *gate.paths), (functions.add, 1, 2), (functions.pass_gate, *gate.paths)
    )
    gate.wait_for_task()

    driver.interrupt(number, 2)
    gate.open()

    errors = [type(outcome.error) for outcome in driver.outcomes(number, 3)]
    assert errors == [type(None), type(None), TaskAborted]


@pytest.mark.parametrize("kind", ["thread", "process"])
def test_one_of_those_that_run_at_once_is_interrupted(drive: Drive, kind: str):
    driver = start(drive, kind, 3)
    numbers = [driver.give(duties.spin_and_look) for _ in range(3)]
    for number in numbers:
        driver.message(number)

    driver.interrupt(numbers[1])

    assert isinstance(driver.outcome(numbers[1]).error, TaskAborted)
    assert [bool(driver.recorder.of("finished", number)) for number in numbers] == [False, True, False]
    for number in numbers:
        driver.interrupt(number)
    for number in numbers:
        driver.outcome(number)


def test_one_coroutine_of_those_that_share_a_loop_is_cancelled(drive: Drive):
    driver = start(drive, "process", 3)
    numbers = [driver.give(duties.wait_for_a_word, word) for word in ("one", "two")]
    for number in numbers:
        driver.message(number)

    driver.interrupt(numbers[0])

    assert "CancelledError" in cause(driver.outcome(numbers[0]))
    driver.run(duties.give_the_word, "two")
    assert driver.outcome(numbers[1]).value == "two"


def test_a_number_that_has_come_round_names_the_latest_batch(drive: Drive, gate: Gate):
    driver = drive("process")
    for _ in range(255):
        driver.give(functions.nothing)
    driver.recorder.wait_for(lambda: len(driver.recorder.of("finished")) == 255)
    driver.recorder.reports[1:] = []

    number = driver.give(functions.pass_gate, *gate.paths)
    gate.wait_for_task()
    driver.interrupt(number)

    assert number == 1
    assert isinstance(driver.outcome(number).error, TaskAborted)


# Signals of others


def test_a_stray_signal_does_nothing(drive: Drive, gate: Gate):
    driver = drive("process")
    number = driver.give(functions.pass_gate, *gate.paths)
    gate.wait_for_task()

    for _ in range(5):
        os.kill(driver.pid, signal.SIGINT)
    gate.open()

    assert driver.outcome(number).value == "passed"
    os.kill(driver.pid, signal.SIGINT)
    assert driver.run(os.getpid) == driver.pid


def test_what_a_task_starts_minds_interrupts_from_the_keyboard(drive: Drive):
    driver = drive("process")

    assert driver.run(duties.sigint_of_a_program) == "True"
    assert driver.run(duties.signals_of_a_fork) == (True, True)


def test_an_interrupt_that_comes_before_the_worker_lives_is_not_lost(drive: Drive, gate: Gate):
    """It is still setting itself up, and the signal finds nobody who handles it."""
    driver = drive(
        "process",
        wait=False,
        initializer="tests.engine.functions:pass_gate",
        initializer_args=gate.paths,
        worker_options={"start_method": "exec"},
    )
    gate.wait_for_task()  # the nursery
    gate.open()
    gate.wait_for_task()  # the worker
    number = driver.give(duties.spin)

    driver.worker.interrupt(number, 0, False)
    gate.open()

    assert isinstance(driver.outcome(number).error, TaskAborted)
