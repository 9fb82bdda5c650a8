"""Workers that run several tasks at once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine import functions
from tests.engine.gates import Gate
from tests.engine.polling import eventually
from tests.engine.workers import duties
from tests.engine.workers.direct import Driver

Drive = Callable[..., Driver]
MakeGate = Callable[[], Gate]

BOTH = pytest.mark.parametrize("kind", ["thread", "process"])


def hold(driver: Driver, gate: Gate) -> int:
    """Give the worker a task that waits at a gate, and wait until it is there."""
    number = driver.give(functions.pass_gate, *gate.paths)
    gate.wait_for_task()
    return number


@pytest.fixture
def place(tmp_path: Path) -> str:
    """An empty directory."""
    (tmp_path / "place").mkdir()
    return str(tmp_path / "place")


@BOTH
def test_a_wide_worker_runs_as_many_tasks_at_once(drive: Drive, kind: str, place: str):
    driver = drive(kind)
    driver.widen(3)

    numbers = [driver.give(duties.meet, place, 3) for _ in range(3)]

    assert len({driver.outcome(number).value for number in numbers}) == 3


@BOTH
def test_answers_come_as_tasks_end_each_with_the_number_of_its_batch(drive: Drive, kind: str, gate: Gate):
    driver = drive(kind)
    driver.widen(2)
    long = hold(driver, gate)

    quick = [driver.outcome(driver.give(functions.identity, value)).value for value in range(3)]
    gate.open()

    assert quick == [0, 1, 2]
    assert driver.outcome(long).value == "passed"


@BOTH
def test_a_worker_can_be_widened_again_and_while_it_is_at_work(drive: Drive, kind: str, place: str, gate: Gate):
    driver = drive(kind)
    driver.widen(2)
    held = hold(driver, gate)

    driver.widen(4)
    numbers = [driver.give(duties.meet, place, 3) for _ in range(3)]

    assert len({driver.outcome(number).value for number in numbers}) == 3
    gate.open()
    driver.outcome(held)


@BOTH
def test_a_worker_never_narrows(drive: Drive, kind: str):
    driver = drive(kind)
    driver.widen(3)
    driver.recorder.reports.clear()

    driver.worker.widen(2)

    assert driver.recorder.wait_for(lambda: driver.recorder.of("widened")) == [("widened", 3)]


def test_a_process_is_widened_when_it_has_done_what_it_was_given_before(drive: Drive, gate: Gate):
    driver = drive("process")
    held = hold(driver, gate)

    driver.worker.widen(2)
    gate.open()

    driver.recorder.wait_for(lambda: driver.recorder.of("widened"))
    kinds = [report[0] for report in driver.recorder.reports]
    assert kinds == ["ready", "finished", "widened"]
    assert driver.outcome(held).value == "passed"


def test_a_batch_of_many_is_answered_in_its_order_by_a_wide_worker_too(drive: Drive):
    driver = drive("process")
    driver.widen(3)

    number = driver.give_batch(*[(functions.identity, value) for value in range(50)])
    after = driver.give(functions.identity, "after")

    assert [outcome.value for outcome in driver.outcomes(number, 50)] == list(range(50))
    assert driver.outcome(after).value == "after"


def test_an_inline_worker_stays_as_it_is(drive: Drive):
    driver = drive("inline")

    driver.worker.widen(4)
    driver.worker.interrupt(1, 0, False)

    assert driver.run(functions.add, 1, 2) == 3
    assert driver.recorder.of("widened") == [("widened", 1)]


# Taking back


@BOTH
def test_what_waits_for_a_free_lane_can_be_taken_back(drive: Drive, kind: str, make_gate: MakeGate):
    driver = drive(kind)
    driver.widen(2)
    gate = make_gate()
    held = [hold(driver, gate) for _ in range(2)]
    waiting = [driver.give(functions.identity, value) for value in range(3)]

    assert sorted(driver.worker.take_back()) == waiting
    gate.open(2)

    assert [driver.outcome(number).value for number in held] == ["passed", "passed"]
    assert driver.run(functions.add, 1, 2) == 3
    assert not any(driver.recorder.of("finished", number) for number in waiting)


def test_a_wide_process_says_what_it_skips_and_begins_what_comes_later(drive: Drive, gate: Gate):
    driver = drive("process")
    driver.widen(2)
    held = [hold(driver, gate) for _ in range(2)]
    skipped = [driver.give(functions.identity, value) for value in range(2)]
    driver.worker.take_back()
    later = driver.give(functions.identity, "later")

    gate.open(2)

    assert driver.outcome(later).value == "later"
    assert [number for _, number in driver.recorder.of("skipped")] == skipped
    assert [driver.outcome(number).value for number in held] == ["passed", "passed"]


# The loop


@BOTH
def test_coroutines_of_a_wide_worker_share_a_loop(drive: Drive, kind: str):
    driver = drive(kind)
    driver.widen(3)
    name = f"three in a {kind}"

    numbers = [driver.give(duties.meet_on_the_loop, name, 3) for _ in range(3)]

    assert len({driver.outcome(number).value for number in numbers}) == 1


@BOTH
def test_a_worker_keeps_its_loop_when_it_is_widened(drive: Drive, kind: str):
    """So that a client of some service that a task has made before can still be used."""
    driver = drive(kind)
    before = driver.run(functions.running_loop)

    driver.widen(2)

    assert [driver.run(functions.running_loop) for _ in range(3)] == [before] * 3


def test_a_loop_changes_hands_as_soon_as_the_coroutine_is_over_that_runs_it(drive: Drive):
    driver = drive("thread")
    first = driver.give(duties.meet_on_the_loop, "changing hands", 2)
    eventually(lambda: "changing hands" in duties.arrived)
    driver.widen(2)

    second = driver.give(duties.meet_on_the_loop, "changing hands", 2)

    loops = [driver.outcome(number).value[0] for number in (first, second)]
    assert loops[0] == loops[1]
    assert driver.run(functions.add_later, 1, 2) == 3


@BOTH
def test_what_wants_to_exit_does_not_end_a_shared_loop(drive: Drive, kind: str, caplog: pytest.LogCaptureFixture):
    driver = drive(kind)
    driver.widen(2)

    with caplog.at_level(logging.CRITICAL, "poolapp"):
        assert driver.run(duties.leave_a_deadly_task) == "survived"
        outcome = driver.outcome(driver.give(functions.raise_base_exception_later, "KeyboardInterrupt"))

    assert str(outcome.error).startswith("the task raised KeyboardInterrupt")
    assert driver.run(functions.add_later, 1, 2) == 3


# The end


@BOTH
def test_a_wide_worker_that_is_stopped_ends_what_it_runs(drive: Drive, kind: str, gate: Gate):
    driver = drive(kind)
    driver.widen(3)
    driver.run(functions.add_later, 1, 2)
    held = [hold(driver, gate) for _ in range(2)]

    driver.worker.stop()
    gate.open(2)

    driver.exit()
    kinds = [report[0] for report in driver.recorder.reports]
    assert kinds[-3:] == ["finished", "finished", "exited"]
    assert all(driver.outcome(number).value == "passed" for number in held)


def test_a_lost_worker_leaves_the_tickets_of_what_it_had_not_begun(drive: Drive, gate: Gate):
    driver = drive("process")
    driver.widen(2)
    for _ in range(2):
        hold(driver, gate)
    waiting = driver.give(functions.nothing)

    unbegun: list[int] = []
    exited = driver.recorder.exited
    driver.recorder.exited = lambda node, exit: (unbegun.extend(driver.worker.take_back()), exited(node, exit))
    driver.worker.kill()
    driver.exit()

    assert unbegun == [waiting]


def test_a_system_without_more_threads_leaves_a_worker_as_wide_as_it_is(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    driver = drive("thread")
    start = threading.Thread.start
    started: list[threading.Thread] = []

    def start_one(thread: threading.Thread) -> None:
        if started:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_one)
    driver.worker.widen(4)

    assert driver.recorder.wait_for(lambda: driver.recorder.of("widened")) == [("widened", 2)]
    assert "could not be widened to 4" in caplog.text
    assert driver.run(functions.add, 1, 2) == 3
