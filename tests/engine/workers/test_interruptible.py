"""Tasks that can be interrupted: at most once, only while their function runs, and never half-way through a message."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from poolapp.engine.errors import TaskAborted, TaskTimeout
from poolapp.engine.workers.interruptible import LaneTask, MainThreadTask, RunningTask, shielded

KINDS = [RunningTask, MainThreadTask, LaneTask]


def make(kind: type[RunningTask], tell: Callable[..., None] = lambda *_: None) -> RunningTask:
    return kind("photos.resize", 1, 0, tell)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_asked_before_the_beginning_is_raised_there(kind: type[RunningTask]):
    task = make(kind)

    task.ask(TaskTimeout)

    with pytest.raises(TaskTimeout):
        task.begin()
    task.rest()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_asked_after_the_end_hits_nobody(kind: type[RunningTask]):
    task = make(kind)
    task.begin()
    task.rest()

    task.ask(TaskAborted)

    assert task.aborted
    task.rest()


def test_a_thread_of_the_server_is_not_interrupted():
    task = make(RunningTask)
    task.begin()

    task.ask(TaskAborted)

    assert task.aborted


@pytest.mark.parametrize("kind", [MainThreadTask, LaneTask])
def test_whoever_asks_in_the_thread_of_the_task_is_interrupted(kind: type[RunningTask]):
    task = make(kind)
    task.begin()

    with pytest.raises(TaskAborted):
        task.ask(TaskAborted)

    task.ask(TaskAborted)
    task.rest()


@pytest.mark.parametrize("kind", KINDS)
def test_a_coroutine_is_cancelled_instead(kind: type[RunningTask]):
    task = make(kind)
    cancelled: list[int] = []
    task.begin()
    task.rest()
    task.cancel_by(lambda: cancelled.append(1))

    task.ask(TaskAborted)

    assert cancelled == [1]
    task.cancel_by(None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_coroutine_is_cancelled_for_what_was_asked_a_moment_before(kind: type[RunningTask]):
    task = make(kind)
    cancelled: list[int] = []
    task.begin()
    task.rest()
    task.ask(TaskAborted)

    task.cancel_by(lambda: cancelled.append(1))

    assert cancelled == [1]


def test_a_coroutine_whose_loop_is_closed_has_ended():
    task = make(RunningTask)

    def cancel() -> None:
        raise RuntimeError("Event loop is closed")

    task.cancel_by(cancel)

    task.ask(TaskAborted)

    assert task.aborted


@pytest.mark.parametrize("kind", [MainThreadTask, LaneTask])
def test_a_message_is_finished_before_the_interrupt_takes_effect(kind: type[RunningTask]):
    said: list[str] = []

    def tell(task: RunningTask, message: str) -> None:
        def speak() -> None:
            said.append(message[:4])
            task.ask(TaskAborted)
            said.append(message[4:])

        shielded(speak)

    task = make(kind, tell)
    task.begin()

    with pytest.raises(TaskAborted):
        task.send("half and half")

    assert said == ["half", " and half"]
    task.rest()


@pytest.mark.parametrize("kind", [MainThreadTask, LaneTask])
def test_a_task_that_goes_on_after_its_interrupt_can_still_speak(kind: type[RunningTask]):
    said: list[str] = []
    task = make(kind, lambda _, message: shielded(lambda: said.append(message)))
    task.begin()
    with pytest.raises(TaskAborted):
        task.ask(TaskAborted)

    task.send("cleaning up")
    task.send("cleaned up")

    assert said == ["cleaning up", "cleaned up"]
    task.rest()


def test_what_another_task_says_is_shielded_by_the_one_that_runs_in_the_thread():
    """Somebody may pass the object around."""
    finished: list[str] = []

    def speak() -> None:
        running.ask(TaskAborted)
        finished.append("spoken")

    running = make(MainThreadTask)
    other = make(LaneTask, lambda *_: shielded(speak))
    running.begin()

    with pytest.raises(TaskAborted):
        other.send("something")

    assert finished == ["spoken"]


def test_a_thread_without_a_task_does_as_it_likes():
    done: list[int] = []
    thread = threading.Thread(target=shielded, args=(lambda: done.append(1),))

    thread.start()
    thread.join()

    assert done == [1]


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
def test_interrupts_at_any_moment_hit_the_task_that_is_meant_or_nobody():
    """Tasks follow one another in a thread, until this one has interrupted so many of them."""
    chance = random.Random(1)
    tasks = [make(LaneTask)]
    ended: list[BaseException | None] = []
    astray: list[BaseException] = []

    def lane() -> None:
        hits = 0
        try:
            while hits < 500:
                tasks.append(make(LaneTask))  # the next one can be asked already
                ended.append(attempt(tasks[-2]))
                hits += ended[-1] is not None
        except BaseException as exc:
            astray.append(exc)

    thread = threading.Thread(target=lane)
    thread.start()
    while thread.is_alive():
        tasks[-min(chance.choice((1, 2, 2, 2)), len(tasks))].ask(TaskAborted)
    thread.join()

    assert astray == []
    assert {type(error) for error in ended} <= {type(None), TaskAborted}
    assert all(task.aborted for task, error in zip(tasks, ended, strict=False) if error is not None)


def attempt(task: RunningTask) -> BaseException | None:
    """Run something as a worker does; what it was interrupted by."""
    try:
        try:
            task.begin()
            for _ in range(50):
                pass
        finally:
            task.rest()
    except TaskAborted as exc:
        return exc
    return None
