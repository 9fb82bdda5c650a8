"""Tell the browsers: the events and figures of this process's pools, in at most ten frames a second."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass
from typing import Any

from channels.layers import get_channel_layer
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.module_loading import import_string

from poolapp.engine.events import PRIVATE, Event
from poolapp.observers.audience import ask_all
from poolapp.observers.backlog import Backlog

GROUP = "poolapp"
SHORTEST_PAUSE = 0.1
# What hundreds of workers say of themselves is large: then there are fewer frames, for the server and the browsers.
BYTES_PER_SECOND = 400_000
# A little less than the two seconds that the browsers are promised, so that a busy loop still keeps the promise.
LONGEST_PAUSE = 1.8
SEND_TIMEOUT = 5.0
SECONDS_BETWEEN_WARNINGS = 60.0

logger = logging.getLogger(__name__)

Frame = dict[str, Any]


class Pace:
    """When the next frame may leave: ten a second, fewer where one is large or making it is expensive."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._next = self._last = clock() - LONGEST_PAUSE

    def delay(self) -> float:
        return max(0.0, self._next - self._clock())

    def is_overdue(self) -> bool:
        """Whether the browsers have waited long enough to wonder."""
        return self._clock() - self._last >= LONGEST_PAUSE * 0.9

    def sent(self, began: float, size: int) -> None:
        """Note a frame of so many bytes begun at `began`; its loop keeps at least four fifths of its time."""
        pause = max(SHORTEST_PAUSE, 5 * (self._clock() - began), size / BYTES_PER_SECOND)
        self._last = began
        self._next = began + min(pause, LONGEST_PAUSE)


@dataclass(eq=False, slots=True)
class Outlet:
    """An event loop with open sockets, and the task on it that sends the frames."""

    sockets: int
    wakeup: asyncio.Event
    pump: asyncio.Task[None]


class Broadcaster:
    """Carries events from the pools' threads to the event loop of the sockets, in batches.

    The channel layer is used on the loop that reads from it and nowhere else: a send from another thread would lie
    there until something else wakes the loop.
    """

    returns_at_once = True

    def __init__(
        self,
        pools: Callable[[], list[dict[str, Any]]] | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        heartbeat: float = LONGEST_PAUSE,
    ) -> None:
        self.seq = 0
        self.failures = 0
        self._pools = pools or _pools_of_this_process
        self._clock = clock
        self._sleep = sleep
        self._heartbeat = heartbeat
        self._lock = threading.RLock()
        self._outlets: dict[asyncio.AbstractEventLoop, Outlet] = {}
        self._backlog = Backlog()
        self._pace = Pace(clock)
        self._awake = False
        self._warned_at = clock() - SECONDS_BETWEEN_WARNINGS

    @property
    def dropped(self) -> int:
        """Events that no browser was told of, since the process began."""
        return self._backlog.total_dropped

    @property
    def has_sockets(self) -> bool:
        return bool(self._outlets)

    def wants(self, event: str) -> bool:
        return self.has_sockets

    def handle(self, alias: str, event: Event) -> None:
        if not self._outlets:
            return
        with self._lock:
            self._backlog.add(alias, event)
            if self._awake:
                return
            self._awake = True
        self._wake()

    def subscribe(self, loop: asyncio.AbstractEventLoop) -> None:
        """Count one more open socket on `loop`; called on that loop."""
        with self._lock:
            self._forget_closed_loops()
            outlet = self._outlets.get(loop)
            if outlet is None:
                wakeup = asyncio.Event()
                pump = loop.create_task(self._pump(loop, wakeup), name="poolapp-frames", context=Context())
                self._outlets = {**self._outlets, loop: Outlet(1, wakeup, pump)}
                self._awake = False
            else:
                outlet.sockets += 1
        ask_all()

    def unsubscribe(self, loop: asyncio.AbstractEventLoop) -> None:
        """Count one socket less on `loop`; called on that loop. The last one stops the frames."""
        with self._lock:
            outlet = self._outlets.get(loop)
            if outlet is None:
                return
            outlet.sockets -= 1
            if outlet.sockets:
                return
            self._forget(loop)
            if not self._outlets:
                self._backlog.take()
        outlet.pump.cancel()
        ask_all()

    def _wake(self) -> None:
        """Ask the first loop that still lives for a frame."""
        for loop, outlet in self._outlets.items():
            try:
                loop.call_soon_threadsafe(outlet.wakeup.set)
            except RuntimeError:  # the loop was closed without a goodbye
                self._forget(loop)
            else:
                return

    def _forget(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            self._outlets = {other: outlet for other, outlet in self._outlets.items() if other is not loop}
            self._awake = False

    def _forget_closed_loops(self) -> None:
        for loop in self._outlets:
            if loop.is_closed():
                self._forget(loop)

    async def _pump(self, loop: asyncio.AbstractEventLoop, wakeup: asyncio.Event) -> None:
        while True:
            if await self._is_due(wakeup):
                await self._send_frame()
                self._nudge_others(loop)

    async def _is_due(self, wakeup: asyncio.Event) -> bool:
        """Wait for an event or the heartbeat; a heartbeat is due only where no other loop sent a frame."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._heartbeat):
                await wakeup.wait()
        asked = wakeup.is_set()
        wakeup.clear()
        await self._sleep(self._pace.delay())
        return asked or len(self._outlets) == 1 or self._pace.is_overdue()

    async def _send_frame(self) -> None:
        with self._lock:
            self._awake = False
            self.seq += 1
            events, dropped = self._backlog.take()
        began, text = self._clock(), ""
        try:
            text = json.dumps(self._frame(events, dropped), cls=DjangoJSONEncoder, separators=(",", ":"))
            async with asyncio.timeout(SEND_TIMEOUT):
                await get_channel_layer().group_send(GROUP, {"type": "frame", "text": text})
        except Exception as error:
            self._failed(error, len(events), dropped)
        finally:
            self._pace.sent(began, len(text))

    def _frame(self, events: list[tuple[str, Event]], dropped: int) -> Frame:
        origin = {"host": socket.gethostname(), "pid": os.getpid()}
        return {
            "type": "frame",
            "seq": self.seq,
            "pools": self._pools(),
            "events": [event_message(alias, event, origin) for alias, event in events],
            "dropped": dropped,
        }

    def _failed(self, error: Exception, lost: int, dropped: int) -> None:
        with self._lock:
            self._backlog.lost(lost, again=dropped)
            self.failures += 1
        if self._clock() - self._warned_at >= SECONDS_BETWEEN_WARNINGS:
            self._warned_at = self._clock()
            logger.warning("no frame to the dashboards (failure %d): %r", self.failures, error)

    def _nudge_others(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wake the other loops: an in-memory layer put messages into their queues without telling them."""
        for other in self._outlets:
            if other is not loop:
                with suppress(RuntimeError):
                    other.call_soon_threadsafe(lambda: None)


def event_message(alias: str, event: Event, origin: dict[str, Any]) -> dict[str, Any]:
    """An event as the frames carry it; what may be secret stays in the records."""
    details = {key: value for key, value in event.details.items() if key not in PRIVATE}
    return {"event": event.name, "pool": alias, **origin, "at": event.at, **details}


def _pools_of_this_process() -> list[dict[str, Any]]:
    # By name: pools.py knows its observers, so that they must not import it.
    local_snapshots: Callable[[], list[dict[str, Any]]] = import_string("poolapp.pools.local_snapshots")
    return local_snapshots()


broadcaster = Broadcaster()
