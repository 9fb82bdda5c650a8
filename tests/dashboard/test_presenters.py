"""What the dashboard makes of records, and how it says it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from poolapp.dashboard import messages, presenters
from poolapp.models import PoolEvent
from tests.dashboard.conftest import ago, local_entry, worker
from tests.dashboard.test_views import make_task


@pytest.mark.parametrize(
    "seconds, text",
    [
        (None, "–"),
        (0, "0 µs"),
        (0.00025, "250 µs"),
        (0.00123, "1.23 ms"),
        (0.0123, "12.3 ms"),
        (0.123, "123 ms"),
        (1.234, "1.23 s"),
        (59.94, "59.9 s"),
        (1.996, "2.00 s"),
        (61, "1 min 1 s"),
        (7260, "2 h 1 min"),
        (90000, "1 d 1 h"),
    ],
)
def test_times_have_the_unit_that_fits(seconds, text):
    assert messages.seconds_text(seconds) == text


@pytest.mark.parametrize("say", [messages.count_text, messages.percent_text, messages.clock_text, messages.word])
@pytest.mark.parametrize("nothing", [None, ""])
def test_what_is_not_known_is_a_dash(say, nothing):
    assert say(nothing) == "–"


def test_an_exact_time_is_in_the_zone_of_the_admin():
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert messages.exact_text(datetime(2026, 1, 2, 3, 4, 5, 678_900, UTC)) == "2026-01-02 04:04:05.678"


@pytest.mark.parametrize(
    "event, tone, sentence",
    [
        ({"event": "ready"}, "good", "The pool is ready."),
        (
            {"event": "worker_exit", "slot": 1, "expected": True, "reason": "retired"},
            "plain",
            "Worker 1 has left: retired.",
        ),
        (
            {"event": "worker_exit", "slot": 1, "worker_pid": 42, "expected": False, "reason": "exit code 3"},
            "bad",
            "Worker 1 was lost (process 42): exit code 3.",
        ),
        (
            {"event": "task_finished", "status": "executed", "task": "a.b", "run_time": 0.5, "slot": 0},
            "good",
            "b finished in 500 ms on worker 0.",
        ),
        (
            {"event": "task_finished", "status": "failed", "task": "a.b", "error": "ValueError: {x}", "slot": None},
            "bad",
            "b failed: ValueError: {x}",
        ),
        ({"event": "task_finished", "status": "cancelled", "task": "a.b"}, "plain", "b was cancelled."),
        ({"event": "worker_online", "slot": 2}, "good", "Worker 2 is online."),
        ({"event": "error", "error": None}, "bad", "Error: –"),
        ({"event": "something_new"}, "plain", "something_new"),
    ],
)
def test_events_are_told_in_sentences(event, tone, sentence):
    said, told = messages.say(event)

    assert (said.tone, told) == (tone, sentence)


def test_a_loss_is_told_once_though_it_is_an_error_too():
    loss = {"event": "error", "worker": 7, "error": "worker 7: killed by SIGKILL"}

    assert not messages.is_told(loss)
    assert messages.is_told({"event": "error", "error": "the disk is full"})


@pytest.mark.django_db
def test_recent_events_are_in_order_and_leave_room_for_pools():
    for number in range(10):
        make_task(finished_at=ago(number))
    PoolEvent.objects.create(at=ago(100), event="ready", pool="default", host="here", pid=1)

    events = presenters.recent_events(limit=8)

    assert [event["event"] for event in events] == ["ready", *["task_finished"] * 4]
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "status, event", [("queued", "task_queued"), ("running", "task_started"), ("cancelled", "task_finished")]
)
def test_a_record_tells_the_event_that_brought_it_where_it_is(status, event):
    make_task(status=status)

    [told] = presenters.recent_events()

    assert told["event"] == event


@pytest.mark.django_db
def test_an_error_is_told_with_its_type_once():
    make_task(status="failed", error="ValueError: no", error_type="ValueError")
    make_task(status="failed", error="no", error_type="ValueError")

    assert [event["error"] for event in presenters.recent_events()] == ["ValueError: no"] * 2


@pytest.mark.parametrize("low, high, size", [(4, 4, 4), (1, 8, "1–8")])
def test_a_pool_shows_its_size(low, high, size):
    assert presenters.pool_view(local_entry(min_size=low, max_size=high))["size"] == size


def test_a_pool_that_is_not_heard_of_says_so():
    view = presenters.pool_view({**local_entry(), "alive": False, "heartbeat_age": 14.0})

    assert (view["shown_state"], view["distant"]) == ("silent", True)


@pytest.mark.parametrize("count, text", [(1, "1 worker lost"), (3, "3 workers lost"), (1200, "1,200 workers lost")])
def test_lost_workers_are_counted_in_words(count, text):
    assert messages.lost_text(count) == text


def test_a_worker_shows_how_long_its_task_has_run_when_that_is_long():
    quick, slow = worker(running_since=1_700_000_059.5), worker(running_since=1_700_000_030.0)

    view = presenters.pool_view(local_entry(workers=[quick, slow]))

    assert [shown["running_for"] for shown in view["workers"]] == [None, 30.0]


@pytest.mark.parametrize(
    "queue, threshold",
    [
        ({"enabled": True, "size": 16}, 64),
        ({"enabled": False, "size": 16}, None),
        ({"enabled": True}, None),
        ({}, None),
    ],
)
def test_a_pool_is_under_pressure_when_the_queues_of_all_its_workers_are_long(queue, threshold):
    view = presenters.pool_view(local_entry(max_size=4, queue=queue))

    assert view["queue_threshold"] == threshold
