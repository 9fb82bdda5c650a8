"""The socket: for staff with the permission only, complete at once, and quick."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from statistics import median
from typing import Any

import pytest
from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.testing import WebsocketCommunicator
from django.test import AsyncClient
from django.urls import path

from poolapp.dashboard import consumers
from poolapp.engine.events import Event
from poolapp.models import PoolEvent
from poolapp.observers.broadcaster import GROUP, Broadcaster
from poolapp.routing import websocket_urlpatterns
from tests.dashboard.conftest import ORIGIN, ago, local_entry
from tests.dashboard.layers import UnreachableLayer, configured

pytestmark = pytest.mark.django_db(transaction=True)

SOON = 5.0


@pytest.fixture
def broadcaster(monkeypatch: pytest.MonkeyPatch) -> Broadcaster:
    """A broadcaster of the test's own, with one pool to tell of."""
    broadcaster = Broadcaster(lambda: [local_entry()])
    monkeypatch.setattr(consumers, "broadcaster", broadcaster)
    return broadcaster


@pytest.fixture
async def connect(broadcaster: Broadcaster) -> AsyncIterator[Callable[..., Any]]:
    """Connects to the socket as a browser would; returns the communicator and what the server said."""
    opened: list[WebsocketCommunicator] = []

    async def connect_one(user: Any = None, origin: str | None = ORIGIN, routes: Any = websocket_urlpatterns) -> Any:
        headers = [(b"origin", origin.encode())] if origin is not None else []
        if user is not None:
            headers.append((b"cookie", f"sessionid={await session_of(user)}".encode()))
        application = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(routes)))
        communicator = WebsocketCommunicator(application, "/ws/poolapp/", headers=headers)
        opened.append(communicator)
        return communicator, await communicator.connect(SOON)

    yield connect_one
    for communicator in opened:
        if not communicator.future.done():
            await communicator.disconnect(timeout=SOON)


async def session_of(user: Any) -> str:
    client = AsyncClient()
    await client.aforce_login(user)
    return client.cookies["sessionid"].value


def checking_often() -> list[Any]:
    return [path("ws/poolapp/", consumers.DashboardConsumer.as_asgi(recheck_seconds=0.01))]


async def closed_with(communicator: WebsocketCommunicator) -> int:
    """The code that the server hangs up with, whatever frames come before."""
    while True:
        message = await communicator.receive_output(SOON)
        if message["type"] == "websocket.close":
            return message["code"]


async def first_event(communicator: WebsocketCommunicator) -> dict[str, Any]:
    while True:
        frame = await communicator.receive_json_from(SOON)
        if frame["events"]:
            return frame["events"][0]


async def test_anonymous_visitors_are_refused(connect):
    _, answer = await connect()

    assert answer == (False, consumers.SIGNED_OUT)


@pytest.mark.parametrize(
    "permissions, values",
    [([], {}), (["control_pool", "view_taskrecord"], {}), (["view_dashboard"], {"is_staff": False})],
)
async def test_only_staff_with_the_permission_get_in(connect, make_user, permissions, values):
    user = await database_sync_to_async(make_user)(*permissions, **values)

    _, answer = await connect(user)

    assert answer == (False, consumers.FORBIDDEN)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", None])
async def test_other_origins_are_refused(connect, watcher, origin):
    _, (is_open, _) = await connect(watcher, origin=origin)

    assert not is_open


async def test_the_page_polls_where_there_is_no_channel_layer(connect, watcher, settings):
    settings.CHANNEL_LAYERS = {}

    _, answer = await connect(watcher)

    assert answer == (False, consumers.NO_CHANNEL_LAYER)


async def test_the_page_polls_while_the_channel_layer_cannot_be_reached(connect, watcher, settings, caplog):
    settings.CHANNEL_LAYERS = configured(UnreachableLayer)

    _, answer = await connect(watcher)

    assert answer == (False, consumers.NO_CHANNEL_LAYER)
    assert "the channel layer is down" in caplog.text


async def test_the_first_frame_is_complete_and_comes_at_once(connect, watcher):
    await PoolEvent.objects.acreate(at=ago(5), event="ready", pool="default", host="here", pid=1)

    communicator, answer = await connect(watcher)
    frame = await communicator.receive_json_from(SOON)

    assert answer == (True, None)
    assert set(frame) == {"type", "seq", "pools", "events", "dropped"}
    assert [event["event"] for event in frame["events"]] == ["ready"]


async def test_an_event_of_a_plain_thread_reaches_an_idle_socket_quickly(connect, watcher, broadcaster):
    communicator, _ = await connect(watcher)
    await communicator.receive_json_from(SOON)

    delays = []
    for _ in range(20):
        sent_at = await asyncio.to_thread(sent, broadcaster)
        event = await first_event(communicator)
        delays.append(time.monotonic() - sent_at)

    assert (event["event"], event["pool"]) == ("worker_exit", "default")
    assert median(delays) < 0.25


def sent(broadcaster: Broadcaster) -> float:
    thread = threading.Thread(
        target=broadcaster.handle, args=("default", Event("worker_exit", 1.0, {"slot": 0, "reason": "retired"}))
    )
    at = time.monotonic()
    thread.start()
    thread.join()
    return at


async def test_live_frames_carry_the_pools_of_this_process(connect, watcher, broadcaster):
    communicator, _ = await connect(watcher)
    await communicator.receive_json_from(SOON)

    broadcaster.handle("default", Event("busy", 1.0, {}))
    frame = await communicator.receive_json_from(SOON)

    assert [(pool["alias"], pool["alive"], pool["heartbeat_age"]) for pool in frame["pools"]] == [("default", True, 0)]


async def test_a_slow_query_elsewhere_does_not_hold_frames_up(connect, watcher, broadcaster):
    communicator, _ = await connect(watcher)
    await communicator.receive_json_from(SOON)
    may_end = threading.Event()
    slow = asyncio.create_task(database_sync_to_async(may_end.wait)())

    broadcaster.handle("default", Event("busy", 1.0, {}))
    event = await first_event(communicator)
    was_waiting = not slow.done()
    may_end.set()
    await slow

    assert event["event"] == "busy"
    assert was_waiting


async def test_a_session_that_ends_closes_the_socket(connect, watcher):
    communicator, _ = await connect(watcher, routes=checking_often())

    await database_sync_to_async(forget_sessions)()

    assert await closed_with(communicator) == consumers.SIGNED_OUT


def forget_sessions() -> None:
    from django.contrib.sessions.models import Session

    Session.objects.all().delete()


async def test_a_permission_that_is_taken_away_closes_the_socket(connect, watcher):
    communicator, _ = await connect(watcher, routes=checking_often())

    await watcher.user_permissions.aclear()

    assert await closed_with(communicator) == consumers.FORBIDDEN


async def test_a_user_who_still_may_watch_stays_connected(connect, watcher, broadcaster):
    communicator, _ = await connect(watcher, routes=checking_often())
    await communicator.receive_json_from(SOON)

    for _ in range(3):
        broadcaster.handle("default", Event("busy", 1.0, {}))
        await first_event(communicator)

    assert not communicator.future.done()


async def test_messages_are_ignored(connect, watcher, broadcaster):
    communicator, _ = await connect(watcher)
    await communicator.receive_json_from(SOON)

    await communicator.send_to(text_data="no JSON at all")
    await communicator.send_to(bytes_data=b"\xff")
    broadcaster.handle("default", Event("busy", 1.0, {}))

    assert (await first_event(communicator))["event"] == "busy"


async def test_who_talks_too_much_is_hung_up_on(connect, watcher):
    communicator, _ = await connect(watcher)

    for _ in range(100):
        await communicator.send_to(text_data="{}")

    assert await closed_with(communicator) == consumers.TOO_MANY_MESSAGES


async def test_leaving_ends_the_membership_and_the_frames(connect, watcher, broadcaster):
    communicator, _ = await connect(watcher)

    await communicator.disconnect(timeout=SOON)

    assert not get_channel_layer().groups.get(GROUP)
    assert not broadcaster.has_sockets


async def test_a_server_that_shuts_down_leaves_nothing_either(connect, watcher, broadcaster):
    communicator, _ = await connect(watcher)

    communicator.future.cancel()
    await asyncio.wait([communicator.future], timeout=SOON)

    assert not get_channel_layer().groups.get(GROUP)
    assert not broadcaster.has_sockets


def test_an_allowance_fills_up_again():
    now = [0.0]
    allowance = consumers.Allowance(2, lambda: now[0])

    spent = [allowance.spend() for _ in range(3)]
    now[0] += 1.0

    assert spent == [True, True, False]
    assert allowance.spend()


async def test_nobody_has_more_sockets_than_a_dashboard_needs(connect, watcher, monkeypatch):
    monkeypatch.setattr(consumers, "doorkeeper", consumers.Doorkeeper(most_of_a_user=2))
    first, _ = await connect(watcher)
    await connect(watcher)

    _, (was_accepted, code) = await connect(watcher)
    assert (was_accepted, code) == (False, consumers.TOO_MANY_SOCKETS)

    await first.disconnect(timeout=SOON)
    _, (was_accepted, _) = await connect(watcher)
    assert was_accepted


def test_a_process_has_no_more_sockets_than_it_can_bear():
    doorkeeper = consumers.Doorkeeper(most=3)

    assert [doorkeeper.admit(user) for user in (1, 2, 3, 4)] == [True, True, True, False]
    doorkeeper.dismiss(2)
    assert doorkeeper.admit(4)
