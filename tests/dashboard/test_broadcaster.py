"""The broadcaster: bounded, paced, and never in the way of the pools."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from typing import Any

import pytest
from channels.layers import get_channel_layer

from poolapp.engine.events import Event
from poolapp.observers.backlog import KEPT_EVENTS
from poolapp.observers.broadcaster import BYTES_PER_SECOND, GROUP, Broadcaster
from tests.dashboard.layers import BrokenLayer, RecordingLayer, configured

SOON = 5.0


class VirtualTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


def event(name: str = "busy", **details: Any) -> Event:
    return Event(name, 1_700_000_000.5, details)


@pytest.fixture
def recording(settings: Any) -> Callable[[], RecordingLayer]:
    settings.CHANNEL_LAYERS = configured(RecordingLayer)
    return get_channel_layer


@pytest.fixture
async def open_socket() -> AsyncIterator[Callable[[Broadcaster], None]]:
    """Opens sockets on the test's loop, as far as a broadcaster can tell, and closes them in the end."""
    opened: list[Broadcaster] = []
    loop = asyncio.get_running_loop()

    def open_one(broadcaster: Broadcaster) -> None:
        broadcaster.subscribe(loop)
        opened.append(broadcaster)

    yield open_one
    for broadcaster in opened:
        broadcaster.unsubscribe(loop)


async def next_frame(layer: RecordingLayer) -> dict[str, Any]:
    async with asyncio.timeout(SOON):
        return await layer.frames.get()


async def test_events_are_not_kept_while_no_socket_is_open(recording, open_socket):
    broadcaster = Broadcaster(list, heartbeat=0.01)

    broadcaster.handle("default", event())
    open_socket(broadcaster)

    assert (await next_frame(recording()))["events"] == []


async def test_a_frame_carries_pools_and_events(recording, open_socket):
    broadcaster = Broadcaster(lambda: [{"alias": "default"}])
    open_socket(broadcaster)

    broadcaster.handle("default", event("worker_online", slot=0))
    frame = await next_frame(recording())

    assert set(frame) == {"type", "seq", "pools", "events", "dropped"}
    assert (frame["type"], frame["seq"], frame["dropped"]) == ("frame", 1, 0)
    assert frame["pools"] == [{"alias": "default"}]
    [told] = frame["events"]
    assert set(told) == {"event", "pool", "host", "pid", "at", "slot"}
    assert (told["event"], told["pool"], told["at"]) == ("worker_online", "default", 1_700_000_000.5)


async def test_what_may_be_secret_stays_out_of_frames(recording, open_socket):
    broadcaster = Broadcaster(list)
    open_socket(broadcaster)

    broadcaster.handle(
        "default", event("task_finished", traceback="…", arguments="'secret'", call="'secret'", result="'secret'")
    )
    [told] = (await next_frame(recording()))["events"]

    assert not {"traceback", "arguments", "call", "result"} & set(told)


async def test_the_newest_events_are_kept_and_the_others_counted(recording, open_socket):
    broadcaster = Broadcaster(list)
    open_socket(broadcaster)

    for number in range(KEPT_EVENTS + 123):
        broadcaster.handle("default", event(number=number))
    frame = await next_frame(recording())

    assert [told["number"] for told in frame["events"]] == list(range(123, KEPT_EVENTS + 123))
    assert frame["dropped"] == broadcaster.dropped == 123


async def test_every_event_of_many_threads_is_delivered_or_counted(recording, open_socket):
    broadcaster = Broadcaster(list)
    open_socket(broadcaster)
    threads = [threading.Thread(target=flood, args=(broadcaster, 3000)) for _ in range(4)]
    for thread in threads:
        thread.start()

    told = 0
    while told < 12_000:
        frame = await next_frame(recording())
        told += len(frame["events"]) + frame["dropped"]

    assert told == 12_000


def flood(broadcaster: Broadcaster, count: int) -> None:
    for _ in range(count):
        broadcaster.handle("default", event())


async def test_at_most_ten_frames_a_second_leave(recording, open_socket):
    clock = VirtualTime()
    broadcaster = Broadcaster(list, clock=clock, sleep=clock.sleep)
    open_socket(broadcaster)

    sent_at = []
    for _ in range(50):
        broadcaster.handle("default", event())
        await next_frame(recording())
        sent_at.append(clock.now)

    gaps = [after - before for before, after in pairwise(sent_at)]
    assert min(gaps) >= 0.1 - 1e-9
    assert sent_at[-1] - sent_at[0] == pytest.approx(4.9)


async def test_the_first_event_after_a_pause_leaves_at_once(recording, open_socket):
    clock = VirtualTime()
    broadcaster = Broadcaster(list, clock=clock, sleep=clock.sleep)
    open_socket(broadcaster)

    broadcaster.handle("default", event())
    await next_frame(recording())

    assert clock.now == 1000.0


async def test_an_expensive_frame_makes_the_next_one_wait_longer(recording, open_socket):
    clock = VirtualTime()
    broadcaster = Broadcaster(lambda: slowly(clock, 0.1), clock=clock, sleep=clock.sleep)
    open_socket(broadcaster)

    for _ in range(2):
        broadcaster.handle("default", event())
        await next_frame(recording())

    assert clock.now == pytest.approx(1000.0 + 0.5 + 0.1)


async def test_a_large_frame_makes_the_next_one_wait_longer(recording, open_socket):
    clock = VirtualTime()
    broadcaster = Broadcaster(lambda: [{"alias": "x" * BYTES_PER_SECOND}], clock=clock, sleep=clock.sleep)
    open_socket(broadcaster)

    for _ in range(2):
        broadcaster.handle("default", event())
        await next_frame(recording())

    assert clock.now == pytest.approx(1001.0, abs=0.01)


async def test_however_large_frames_are_one_comes_every_two_seconds(recording, open_socket):
    clock = VirtualTime()
    broadcaster = Broadcaster(lambda: [{"alias": "x" * 10 * BYTES_PER_SECOND}], clock=clock, sleep=clock.sleep)
    open_socket(broadcaster)

    for _ in range(2):
        broadcaster.handle("default", event())
        await next_frame(recording())

    assert clock.now < 1002.0


def slowly(clock: VirtualTime, seconds: float) -> list[dict[str, Any]]:
    clock.now += seconds
    return []


async def test_an_idle_socket_still_gets_frames(recording, open_socket):
    open_socket(Broadcaster(list, heartbeat=0.01))

    seqs = [(await next_frame(recording()))["seq"] for _ in range(3)]

    assert seqs == [1, 2, 3]


async def test_a_broken_layer_is_counted_and_told_once(settings, caplog, open_socket):
    settings.CHANNEL_LAYERS = configured(BrokenLayer)
    clock = VirtualTime()
    broadcaster = Broadcaster(list, clock=clock, sleep=clock.sleep)
    open_socket(broadcaster)

    with caplog.at_level(logging.WARNING):
        for failures in range(1, 4):
            broadcaster.handle("default", event())
            await until(lambda wanted=failures: broadcaster.failures == wanted)

    assert len(caplog.records) == 1
    settings.CHANNEL_LAYERS = configured(RecordingLayer)
    broadcaster.handle("default", event())
    frame = await next_frame(get_channel_layer())
    assert (len(frame["events"]), frame["dropped"]) == (1, 3)
    assert broadcaster.dropped == 3, "counted once, however often the frame fails"


async def until(is_true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON):
        while not is_true():  # noqa: ASYNC110  # what it waits for is a figure, not an event
            await asyncio.sleep(0)


async def test_figures_that_cannot_be_had_do_not_end_the_frames(recording, open_socket):
    answers = iter([RuntimeError("no figures"), []])
    broadcaster = Broadcaster(lambda: raised_or_returned(next(answers)))
    open_socket(broadcaster)

    broadcaster.handle("default", event())
    await until(lambda: broadcaster.failures == 1)
    broadcaster.handle("default", event())

    assert (await next_frame(recording()))["dropped"] == 1


def raised_or_returned(value: Any) -> Any:
    if isinstance(value, Exception):
        raise value
    return value


async def test_a_loop_that_was_closed_without_a_goodbye_is_forgotten(recording, open_socket):
    broadcaster = Broadcaster(list)
    await asyncio.to_thread(asyncio.run, subscribed_and_left(broadcaster))

    broadcaster.handle("default", event())
    open_socket(broadcaster)
    broadcaster.handle("default", event())

    assert (await next_frame(recording()))["seq"] == 1


async def subscribed_and_left(broadcaster: Broadcaster) -> None:
    broadcaster.subscribe(asyncio.get_running_loop())


async def test_a_socket_on_another_loop_hears_of_an_event_at_once(open_socket):
    broadcaster = Broadcaster(list, heartbeat=60)
    open_socket(broadcaster)
    is_listening = threading.Event()
    elsewhere = asyncio.create_task(asyncio.to_thread(asyncio.run, heard(broadcaster, is_listening)))
    await asyncio.to_thread(is_listening.wait)

    told_at = time.monotonic()
    broadcaster.handle("default", event())
    text, heard_at = await elsewhere

    assert '"busy"' in text
    assert heard_at - told_at < 1


async def heard(broadcaster: Broadcaster, is_listening: threading.Event) -> tuple[str, float]:
    """What a member of the group on a loop of its own hears first, and when."""
    layer, loop = get_channel_layer(), asyncio.get_running_loop()
    channel = await layer.new_channel()
    await layer.group_add(GROUP, channel)
    broadcaster.subscribe(loop)
    loop.call_later(0, is_listening.set)
    try:
        async with asyncio.timeout(SOON):
            return (await layer.receive(channel))["text"], time.monotonic()
    finally:
        broadcaster.unsubscribe(loop)


async def test_the_last_socket_ends_the_frames(recording):
    broadcaster, loop = Broadcaster(list, heartbeat=0.01), asyncio.get_running_loop()
    broadcaster.subscribe(loop)
    broadcaster.subscribe(loop)
    broadcaster.unsubscribe(loop)
    await next_frame(recording())

    broadcaster.unsubscribe(loop)
    broadcaster.handle("default", event())

    await until(lambda: not [task for task in asyncio.all_tasks() if task.get_name() == "poolapp-frames"])
