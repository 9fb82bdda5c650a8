"""A thread does a batch in one go, answers several tasks at once, and lets go of what it has not begun."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from poolapp.engine.workers import thread
from tests.engine import functions
from tests.engine.gates import Gate
from tests.engine.workers.direct import Driver

Drive = Callable[..., Driver]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers wait for others however long that takes."""
    monkeypatch.setattr(thread, "HOLD_SECONDS", float("inf"))


def values(driver: Driver, number: int) -> list[object]:
    return [outcome.value for _, _, outcome in driver.recorder.of("finished", number)]


def test_what_a_batch_has_not_begun_can_be_taken_back(drive: Drive, gate: Gate):
    driver = drive("thread")
    number = driver.give_batch((functions.pass_gate, *gate.paths), *((functions.identity, n) for n in range(3)))
    gate.wait_for_task()

    assert driver.worker.take_back() == [number] * 3
    gate.open()

    assert driver.recorder.wait_for(lambda: driver.recorder.of("skipped")) == [("skipped", number)]
    assert values(driver, number) == ["passed"]


def test_a_batch_that_was_taken_back_as_a_whole_is_skipped_in_its_turn(drive: Drive, gate: Gate):
    driver = drive("thread")
    driver.give(functions.pass_gate, *gate.paths)
    gate.wait_for_task()
    number = driver.give_batch((functions.identity, 1), (functions.identity, 2))
    assert driver.worker.take_back() == [number] * 2
    after = driver.give(functions.identity, "after")

    gate.open()

    assert driver.outcome(after).value == "after"
    assert driver.recorder.of("skipped") == [("skipped", number)]
    assert values(driver, number) == []


def test_a_batch_that_was_done_is_not_skipped(drive: Drive):
    driver = drive("thread")
    number = driver.give_batch(*((functions.identity, n) for n in range(20)))

    driver.run(functions.identity, "after")

    assert values(driver, number) == list(range(20))
    assert driver.recorder.of("skipped") == []
    assert driver.worker.take_back() == []


@pytest.mark.usefixtures("patient")
def test_an_answer_waits_for_others_until_it_is_asked_for(drive: Drive, gate: Gate):
    driver = drive("thread")
    number = driver.give_batch((functions.identity, 1), (functions.pass_gate, *gate.paths))
    gate.wait_for_task()
    assert values(driver, number) == []

    driver.worker.speak_up()

    assert values(driver, number) == [1]
    gate.open()
    assert [outcome.value for outcome in driver.outcomes(number, 2)] == [1, "passed"]


def test_an_answer_does_not_wait_for_long(drive: Drive, gate: Gate, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(thread, "HOLD_SECONDS", 0.0)
    driver = drive("thread")
    number = driver.give_batch((functions.identity, 1), (functions.pass_gate, *gate.paths))
    gate.wait_for_task()

    assert values(driver, number) == [1]
    gate.open()


@pytest.mark.usefixtures("patient")
def test_no_answer_waits_for_a_task_with_a_time_limit(drive: Drive, make_gate: Callable[[], Gate]):
    """Its time counts from the answer before it."""
    driver = drive("thread")
    first, second = make_gate(), make_gate()
    number = driver.give_batch((functions.pass_gate, *first.paths), (functions.pass_gate, *second.paths))
    first.wait_for_task()
    _, limited = driver.worker._jobs[number].left[0]
    limited.timeout = 10.0

    first.open()
    second.wait_for_task()

    assert values(driver, number) == ["passed"]
    second.open()


@pytest.mark.usefixtures("patient")
def test_nothing_that_is_done_is_lost_with_a_worker_that_is_given_up(drive: Drive, gate: Gate):
    driver = drive("thread")
    number = driver.give_batch((functions.identity, 1), (functions.pass_gate, *gate.paths))
    gate.wait_for_task()

    driver.worker.kill()

    assert [kind for kind, *_ in driver.recorder.reports] == ["ready", "finished", "exited"]
    assert values(driver, number) == [1]


def test_answers_never_overtake_each_other(drive: Drive):
    driver = drive("thread")
    stopped = threading.Event()

    def disturb() -> None:
        while not stopped.wait(0.000_01):
            driver.worker.speak_up()

    disturber = threading.Thread(target=disturb, daemon=True)
    disturber.start()
    numbers = [driver.give_batch(*((functions.identity, n) for n in range(100))) for _ in range(50)]

    said = [[outcome.value for outcome in driver.outcomes(number, 100)] for number in numbers]

    stopped.set()
    disturber.join(10)
    assert said == [list(range(100))] * 50
