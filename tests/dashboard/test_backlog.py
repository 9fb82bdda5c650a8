"""What is kept for the next frame: bounded, in order, and a flood of tasks sweeps nothing else away."""

from __future__ import annotations

from collections.abc import Iterable

from poolapp.engine.events import Event
from poolapp.observers.backlog import KEPT_TASK_EVENTS, Backlog


def backlog(names: Iterable[str]) -> Backlog:
    backlog = Backlog()
    for number, name in enumerate(names):
        backlog.add("default", Event(name, 1_700_000_000.5, {"number": number}))
    return backlog


def numbers(events: list[tuple[str, Event]]) -> list[int]:
    return [event.details["number"] for _, event in events]


def test_events_of_all_kinds_are_taken_in_the_order_in_which_they_came():
    names = ["task_queued", "busy", "task_error", "task_started", "worker_exit", "task_finished"]

    events, dropped = backlog(names).take()

    assert [event.name for _, event in events] == names
    assert dropped == 0


def test_of_tasks_the_newest_are_kept_and_the_others_counted():
    events, dropped = backlog(["task_finished"] * (KEPT_TASK_EVENTS + 7)).take()

    assert numbers(events) == list(range(7, KEPT_TASK_EVENTS + 7))
    assert dropped == 7


def test_a_flood_of_tasks_sweeps_away_neither_failures_nor_what_happens_to_pools():
    flood = ["task_queued", "task_started", "task_finished"] * 1000

    events, _ = backlog(["worker_exit", "task_error", *flood]).take()

    assert [event.name for _, event in events[:2]] == ["worker_exit", "task_error"]


def test_a_flood_of_failures_sweeps_away_nothing_that_happens_to_pools():
    events, dropped = backlog(["worker_exit", *["task_error"] * (KEPT_TASK_EVENTS + 5)]).take()

    assert numbers(events)[:2] == [0, 6]
    assert dropped == 5


def test_what_was_taken_waits_no_longer():
    waiting = backlog(["busy", *["task_finished"] * (KEPT_TASK_EVENTS + 1)])
    waiting.take()

    assert waiting.take() == ([], 0)


def test_what_never_left_counts_as_dropped():
    waiting = backlog(["busy"])
    waiting.lost(5)

    assert waiting.take()[1] == 5
