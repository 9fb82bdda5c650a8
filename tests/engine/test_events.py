"""Who hears which event."""

from __future__ import annotations

import pytest

from poolapp.engine import InvalidOption, InvalidOptionType
from poolapp.engine.events import EVENTS, POOL_EVENTS, TASK_EVENTS, Event, EventHub, require_event, require_listener


@pytest.fixture
def hub() -> EventHub:
    return EventHub()


def test_a_listener_hears_its_event_only(hub: EventHub):
    heard: list[str] = []
    hub.add("busy", lambda event: heard.append(event.name))

    hub.emit(Event("busy", 0.0, {}))
    hub.emit(Event("full", 0.0, {}))

    assert heard == ["busy"]


def test_listeners_are_called_in_the_order_in_which_they_came(hub: EventHub):
    heard: list[int] = []
    for number in range(3):
        hub.add("busy", lambda _, number=number: heard.append(number))

    hub.emit(Event("busy", 0.0, {}))

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

    hub.emit(Event("busy", 0.0, {}))

    assert heard == ["busy"]
    assert "A listener of the pool event busy failed" in caplog.text
    assert "not now" in caplog.text


def test_a_removed_listener_hears_no_more(hub: EventHub):
    heard: list[str] = []
    listener = lambda event: heard.append(event.name)  # noqa: E731
    hub.add("busy", listener)

    hub.remove("busy", listener)
    hub.emit(Event("busy", 0.0, {}))

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
    for _ in range(2):
        hub.emit(Event("busy", 0.0, {}))

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
