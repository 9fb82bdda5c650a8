"""The running task, as its own code sees it, in every kind of worker."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable

import pytest

from poolapp.engine.current import current_task
from poolapp.engine.errors import PoolError, ResultNotPicklable, TaskAborted, TaskTimeout
from poolapp.engine.workers.interruptible import RunningTask
from tests.engine.workers import duties
from tests.engine.workers.direct import Driver

Drive = Callable[..., Driver]

KINDS = ["inline", "thread", "process"]


def make_task(said: list[object] | None = None) -> RunningTask:
    return RunningTask("photos.resize", 1, 0, lambda _, message: said.append(message) if said is not None else None)


def test_there_is_no_task_outside_of_tasks():
    assert current_task() is None


def test_a_task_knows_its_name_and_whether_it_was_asked_to_end():
    task = make_task()

    assert task.name == "photos.resize"
    assert not task.aborted
    task.check()
    assert repr(task) == "<CurrentTask photos.resize>"


@pytest.mark.parametrize(
    "asked, text",
    [(TaskAborted, "photos.resize was aborted"), (TaskTimeout, "photos.resize has run for longer than it may")],
)
def test_a_task_that_was_asked_to_end_is_told_when_it_looks(asked: type[PoolError], text: str):
    task = make_task()

    task.ask(asked)

    assert task.aborted
    assert repr(task) == "<CurrentTask photos.resize, asked to end>"
    with pytest.raises(asked, match=text):
        task.check()


def test_a_task_is_asked_once():
    task = make_task()

    task.ask(TaskAborted)
    task.ask(TaskTimeout)

    with pytest.raises(TaskAborted):
        task.check()


def test_a_task_that_is_over_sends_no_messages():
    said: list[object] = []
    task = make_task(said)
    task.send("first")
    task.is_over = True

    with pytest.raises(PoolError, match=r"photos\.resize is over and cannot send messages any more"):
        task.send("second")

    assert said == ["first"]


@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_a_task_finds_itself_wherever_its_context_goes(drive: Drive, kind: str, width: int):
    driver = drive(kind)
    if width > 1 and kind != "inline":
        driver.widen(width)

    assert driver.run(duties.name_of_the_task) == "name_of_the_task"
    assert driver.run(duties.name_of_the_task_later) == "name_of_the_task_later"
    assert driver.run(duties.name_of_the_task_in_a_thread) == "name_of_the_task_in_a_thread"
    assert current_task() is None


def test_a_task_within_a_task_has_its_own(drive: Drive):
    driver = drive("inline")

    def outer() -> tuple[str | None, str | None]:
        return drive("inline").run(duties.name_of_the_task), duties.name_of_the_task()

    assert driver.run(outer) == ("name_of_the_task", "outer")


# Messages


@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_messages_are_heard_in_order_and_before_the_answer(drive: Drive, kind: str, width: int):
    driver = drive(kind)
    if width > 1 and kind != "inline":
        driver.widen(width)

    number = driver.give(duties.say, 1, {"photo": b"2"}, None)
    driver.outcome(number)

    told = [report[1:] for report in driver.recorder.reports if report[0] in ("message", "finished")]
    assert told[:3] == [(number, 0, 1), (number, 0, {"photo": b"2"}), (number, 0, None)]


def test_a_message_tells_which_task_of_a_batch_has_sent_it(drive: Drive):
    driver = drive("process")

    number = driver.give_batch((duties.say, "a"), (duties.say, "b"))
    driver.outcomes(number, 2)

    assert driver.recorder.of("message") == [("message", number, 0, "a"), ("message", number, 1, "b")]


@pytest.mark.parametrize("kind", KINDS)
def test_messages_come_from_other_threads_of_the_task_too(drive: Drive, kind: str):
    driver = drive(kind)

    assert driver.run(duties.say_from_a_thread, "from a thread") is None

    assert driver.recorder.of("message") == [("message", 1, 0, "from a thread")]


@pytest.mark.parametrize("size", [20_000, 3_000_000])
def test_large_messages_arrive(drive: Drive, size: int):
    driver = drive("process")

    driver.run(duties.say, b"x" * size)

    assert driver.message(1) == b"x" * size


def test_a_message_that_cannot_be_pickled_is_refused_in_the_task(drive: Drive):
    driver = drive("process")

    with pytest.raises(ResultNotPicklable, match="the message of say_something_else, of type lock, cannot be pickled"):
        driver.run(duties.say_something_else)

    assert driver.recorder.of("message") == []


def test_a_message_that_cannot_be_rebuilt_is_lost_and_logged(drive: Drive, caplog: pytest.LogCaptureFixture):
    driver = drive("process")

    with caplog.at_level(logging.ERROR, "poolapp"):
        assert driver.run(duties.say_what_cannot_be_rebuilt) is None

    assert driver.recorder.of("message") == []
    assert "could not be rebuilt and is lost" in caplog.text


def test_what_a_task_leaves_behind_cannot_speak_for_another(drive: Drive):
    driver = drive("process")

    driver.run(duties.say_later, "too late")

    assert driver.run(duties.what_was_spoken) == ["say_later is over and cannot send messages any more"]
    assert driver.recorder.of("message") == []


def test_threads_take_messages_as_they_are(drive: Drive):
    driver = drive("thread")
    lock = threading.Lock()

    driver.run(duties.say, lock)

    assert driver.message(1) is lock


async def test_the_context_of_a_caller_is_left_alone(drive: Drive):
    driver = drive("thread")

    await asyncio.to_thread(driver.run, duties.name_of_the_task)

    assert current_task() is None
