"""Who hears which event."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from poolapp.engine import InvalidOption, InvalidOptionType, events
from poolapp.engine.events import EVENTS, POOL_EVENTS, TASK_EVENTS, Event, EventHub, require_event, require_listener


@pytest.fixture
def hub() -> EventHub:
    return EventHub("pool")


def tell(hub: EventHub, *names: str) -> None:
    """Emit events, and wait until everybody has heard them."""
    for name in names:
        hub.emit(Event(name, 0.0, {}))
    hub.thread.hear_out(10)


def test_a_listener_hears_its_event_only(hub: EventHub):
    heard: list[str] = []
    hub.add("busy", lambda event: heard.append(event.name))

    tell(hub, "busy", "full")

    assert heard == ["busy"]


def test_listeners_are_called_in_the_order_in_which_they_came(hub: EventHub):
    heard: list[int] = []
    for number in range(3):
        hub.add("busy", lambda _, number=number: heard.append(number))

    tell(hub, "busy")

    assert heard == [0, 1, 2]


@pytest.mark.parametrize("kind", [ValueError, SystemExit, KeyboardInterrupt])
def test_a_listener_that_raises_does_not_harm_the_others(
    hub: EventHub, kind: type[BaseException], caplog: pytest.LogCaptureFixture
):
    def refuse(_: Event) -> None:
        raise kind("not now")

    heard: list[str] = []
    hub.add("busy", refuse)
    hub.add("busy", lambda event: heard.append(event.name))

    tell(hub, "busy")

    assert heard == ["busy"]
    assert "A listener of the pool event busy failed" in caplog.text
    assert "not now" in caplog.text


def test_a_removed_listener_hears_no_more(hub: EventHub):
    heard: list[str] = []
    listener = lambda event: heard.append(event.name)  # noqa: E731
    hub.add("busy", listener)

    hub.remove("busy", listener)
    tell(hub, "busy")

    assert heard == []


def test_removing_a_stranger_does_nothing(hub: EventHub):
    hub.remove("busy", print)
    hub.remove("no such event", print)


def test_a_listener_may_remove_itself(hub: EventHub):
    heard: list[str] = []

    def once(event: Event) -> None:
        heard.append(event.name)
        hub.remove("busy", once)

    hub.add("busy", once)
    tell(hub, "busy", "busy")

    assert heard == ["busy"]


def test_an_event_has_to_exist(hub: EventHub):
    with pytest.raises(InvalidOption, match=r"an event is one of .*, not 'bored'"):
        require_event("bored")


@pytest.mark.parametrize("listener", [3, None, "tests.engine.functions:nothing"])
def test_a_listener_can_be_called(listener: object):
    require_listener(print)

    with pytest.raises(InvalidOptionType, match=f"^a listener must be callable, not {listener!r}$"):
        require_listener(listener)


@pytest.mark.parametrize("name", EVENTS)
def test_events_of_tasks_are_wanted_only_when_somebody_listens_to_them(hub: EventHub, name: str):
    assert (hub.wants_tasks, hub.wants_failures) == (False, False)

    hub.add(name, print)

    assert hub.wants_tasks == (name in TASK_EVENTS)
    assert hub.wants_failures == (name in (*TASK_EVENTS, "task_error"))
    hub.remove(name, print)
    assert (hub.wants_tasks, hub.wants_failures) == (False, False)


def test_every_event_of_the_design_that_exists_so_far_has_a_name():
    wanted = {"ready", "busy", "busy_end", "full", "full_end", "worker_online", "worker_exit", "error", "destroy"}

    assert wanted | {"task_error"} <= set(POOL_EVENTS)
    assert set(TASK_EVENTS) == {"task_queued", "task_started", "task_finished"}


# Who takes his time


@pytest.fixture
def held(hub: EventHub) -> Iterator[threading.Event]:
    """Listeners wait until this is set."""
    go_on, has_come = threading.Event(), threading.Event()
    hub.add("error", lambda _: (has_come.set(), go_on.wait(10)))
    hub.emit(Event("error", 0.0, {}))
    assert has_come.wait(10)
    yield go_on
    go_on.set()
    hub.thread.hear_out(10)


def test_who_takes_his_time_holds_up_nobody_who_is_told_at_once(hub: EventHub, held: threading.Event):
    heard: list[str] = []
    hub.add("busy", lambda _: heard.append("at once"), at_once=True)
    hub.add("busy", lambda _: heard.append("later"))

    hub.emit(Event("busy", 0.0, {}))

    assert heard == ["at once"]
    held.set()
    hub.thread.hear_out(10)
    assert heard == ["at once", "later"]


def test_who_is_removed_hears_nothing_that_has_happened_before(hub: EventHub, held: threading.Event):
    heard: list[str] = []
    listener = lambda event: heard.append(event.name)  # noqa: E731
    hub.add("busy", listener)
    hub.emit(Event("busy", 0.0, {}))

    hub.remove("busy", listener)
    held.set()
    hub.thread.hear_out(10)

    assert heard == []


def test_what_is_too_much_is_left_out_counted_and_said_once(
    hub: EventHub, held: threading.Event, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(events, "MOST_WAITING", 3)
    heard: list[float] = []
    hub.add("busy", lambda event: heard.append(event.at))

    for number in range(10):
        hub.emit(Event("busy", float(number), {}))
    held.set()
    hub.thread.hear_out(10)

    assert heard == [0.0, 1.0, 2.0]
    assert hub.dropped == 7
    assert [record.message for record in caplog.records] == [
        "Pool pool: its listeners are too slow, so that events are not told them"
    ]


def test_who_is_told_at_once_is_told_in_the_thread_in_which_it_happens(hub: EventHub):
    threads: list[str] = []
    hub.add("busy", lambda _: threads.append(threading.current_thread().name), at_once=True)
    hub.add("busy", lambda _: threads.append(threading.current_thread().name))

    tell(hub, "busy")

    assert threads == [threading.current_thread().name, "poolapp-pool-listeners"]


def test_tasks_are_wanted_also_by_those_who_are_told_at_once(hub: EventHub):
    hub.add("task_finished", print, at_once=True)
    assert hub.wants_tasks
    assert hub.wants_failures

    hub.remove("task_finished", print)
    assert not hub.wants_tasks
