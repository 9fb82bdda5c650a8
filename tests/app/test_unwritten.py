"""What waits to be written: the latest news of each task, in the order of tasks, and within bounds."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator

import pytest

from poolapp.engine.events import Event
from poolapp.observers import unwritten
from poolapp.observers.unwritten import Told, Unwritten
from tests.app.told import KNOWN, task_id, told

ROOM = 4


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Unwritten:
    """Room for the beginnings of four tasks, and for eight ends."""
    monkeypatch.setattr(unwritten, "ROOM", ROOM)
    return Unwritten()


def fill(waiting: Unwritten, name: str, numbers: range) -> list[bool]:
    return [waiting.add("default", told(name, number)) for number in numbers]


def test_a_task_waits_once_with_its_latest_event(waiting: Unwritten):
    for name in ("task_queued", "task_started", "task_finished"):
        assert waiting.add("default", told(name))

    assert len(waiting) == 1
    tasks, _ = waiting.take(10)
    assert [event.name for _, event in tasks.values()] == ["task_finished"]


def test_tasks_are_taken_in_the_order_in_which_they_came(waiting: Unwritten):
    fill(waiting, "task_queued", range(4))
    fill(waiting, "task_finished", range(1))

    first, _ = waiting.take(3)
    second, _ = waiting.take(3)

    assert [*first, *second] == [task_id(number) for number in range(4)]
    assert len(waiting) == 0


def test_every_event_of_a_pool_waits(waiting: Unwritten):
    for _ in range(3):
        waiting.add("default", Event("busy", 3.0, {}))

    _, happened = waiting.take(2)

    assert (len(happened), len(waiting)) == (2, 1)


def test_a_beginning_without_room_is_left_out_and_is_no_loss(waiting: Unwritten):
    fill(waiting, "task_queued", range(ROOM))

    assert fill(waiting, "task_queued", range(ROOM, ROOM + 2)) == [True, True]

    assert len(waiting) == ROOM


def test_what_waits_already_needs_no_room(waiting: Unwritten):
    fill(waiting, "task_queued", range(ROOM))

    fill(waiting, "task_started", range(ROOM))

    tasks, _ = waiting.take(ROOM)
    assert {event.name for _, event in tasks.values()} == {"task_started"}


def test_ends_have_twice_the_room_and_are_lost_beyond_it(waiting: Unwritten):
    assert fill(waiting, "task_finished", range(2 * ROOM)) == [True] * (2 * ROOM)

    assert fill(waiting, "task_finished", range(2 * ROOM, 2 * ROOM + 2)) == [False, False]
    assert fill(waiting, "task_finished", range(2)) == [True, True]
    assert len(waiting) == 2 * ROOM


def test_events_of_pools_have_as_much_room_as_ends(waiting: Unwritten):
    fill(waiting, "task_queued", range(ROOM))

    assert [waiting.add("default", Event("busy", 3.0, {})) for _ in range(ROOM)] == [True] * ROOM
    assert not waiting.add("default", Event("busy", 3.0, {}))


def test_what_is_put_back_comes_first_again(waiting: Unwritten):
    fill(waiting, "task_queued", range(2))
    for name in ("busy", "busy_end"):
        waiting.add("default", Event(name, 3.0, {}))
    taken = waiting.take(2)
    fill(waiting, "task_queued", range(2, 3))
    waiting.add("default", Event("full", 3.0, {}))

    waiting.put_back(*taken)

    tasks, happened = waiting.take(10)
    assert list(tasks) == [task_id(number) for number in range(3)]
    assert [event.name for _, event in happened] == ["busy", "busy_end", "full"]


def test_what_is_put_back_does_not_replace_newer_news(waiting: Unwritten):
    fill(waiting, "task_started", range(2))
    taken = waiting.take(2)
    waiting.add("default", told("task_finished", 1))

    waiting.put_back(*taken)

    tasks, _ = waiting.take(10)
    assert [event.name for _, event in tasks.values()] == ["task_started", "task_finished"]


@pytest.fixture
def hectic() -> Iterator[None]:
    """Threads take turns all the time."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hectic")
def test_threads_that_add_lose_nothing_to_one_that_takes_and_puts_back():
    waiting = Unwritten()
    threads = [threading.Thread(target=live, args=(waiting, range(first, first + 500))) for first in (0, 500, 1000)]
    taken: dict[str, Told] = {}

    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) or waiting:
        tasks, happened = waiting.take(7)
        if random.random() < 0.5:
            waiting.put_back(tasks, happened)
        else:
            taken |= tasks

    assert sorted(taken) == [task_id(number) for number in range(1500)]
    assert {event.name for _, event in taken.values()} == {"task_finished"}


def live(waiting: Unwritten, numbers: range) -> None:
    """Let tasks begin and end, one after the other."""
    for number in numbers:
        for name in KNOWN:
            waiting.add("default", told(name, number))
