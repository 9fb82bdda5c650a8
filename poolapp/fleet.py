"""What the server processes of a site tell each other, where they share a channel layer such as channels_redis.

Two things are said: that somebody watches the dashboard, so that every process sends its frames, wherever the socket
is open; and that there are requests to look for. Both are only quicker that way: without a shared layer the dashboard
shows other processes as of their last heartbeat, and requests are found by looking into the database.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from asgiref.sync import async_to_sync
from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import InMemoryChannelLayer, channel_layers, get_channel_layer

from poolapp.observers.broadcaster import Broadcaster, broadcaster

GROUP = "poolapp.servers"
WATCHED = {"type": "watched"}
CALLED = {"type": "called"}
# For so long frames are sent after somebody has said that the dashboard is watched; open sockets say so more often.
WATCHED_SECONDS = 150.0
# So often a process tells the layer that it listens: a layer that was restarted has forgotten it.
JOIN_EVERY = 10.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
SECONDS_BETWEEN_WARNINGS = 60.0
SECONDS_TO_STOP = 2.0
SECONDS_TO_LEAVE = 1.0
# After so many seconds a time-out means that there was nothing to hear; a layer that fails does so at once.
SECONDS_OF_SILENCE = 1.0
SECONDS_TO_CALL = 2.0

logger = logging.getLogger("poolapp")


class FleetRadio:
    """Listens for the other processes, in a thread with an event loop of its own.

    on_call: called when there are requests to look for; must return at once.
    """

    def __init__(self, on_call: Callable[[], object], frames: Broadcaster = broadcaster) -> None:
        self._on_call = on_call
        self._frames = frames
        self._watched_until = 0.0  # a reading of the monotonic clock
        self._is_watched = False
        # Cancelling alone is not enough: the driver of Redis may make a time-out of it.
        self._ending = threading.Event()
        self._warned_at = -SECONDS_BETWEEN_WARNINGS
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="poolapp-fleet", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread, within a few seconds."""
        self._ending.set()
        loop, task = self._loop, self._task
        if loop is not None and task is not None:
            with suppress(RuntimeError):  # it has ended
                loop.call_soon_threadsafe(task.cancel)
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(SECONDS_TO_STOP)

    def _run(self) -> None:
        with suppress(asyncio.CancelledError):
            asyncio.run(self._live())

    async def _live(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        pause = SHORTEST_PAUSE
        try:
            while not self._ending.is_set():
                began = time.monotonic()
                try:
                    await self._listen()
                except Exception as exc:
                    self._warn(exc)
                pause = SHORTEST_PAUSE if time.monotonic() - began > LONGEST_PAUSE else min(2 * pause, LONGEST_PAUSE)
                await asyncio.sleep(0 if self._ending.is_set() else pause)
        finally:
            self._unwatch()

    async def _listen(self) -> None:
        """Hear what is said, until the layer fails."""
        layer = channel_layers.make_backend(DEFAULT_CHANNEL_LAYER)  # of our own: one loop only may read from a layer
        channel = await layer.new_channel("poolapp")
        try:
            async with asyncio.TaskGroup() as group:
                joining = group.create_task(self._keep_joined(layer, channel))
                while not self._ending.is_set():
                    if (message := await _received(layer, channel)) is not None:
                        self._hear(message)
                joining.cancel()
        finally:
            with suppress(Exception):  # the layer forgets whoever it does not hear of, later
                async with asyncio.timeout(SECONDS_TO_LEAVE):
                    await layer.group_discard(GROUP, channel)

    async def _keep_joined(self, layer: Any, channel: str) -> None:
        while True:
            await layer.group_add(GROUP, channel)
            if self._is_watched and time.monotonic() > self._watched_until:
                self._unwatch()
            await asyncio.sleep(JOIN_EVERY)

    def _hear(self, message: dict[str, Any]) -> None:
        if message["type"] == CALLED["type"]:
            self._on_call()
        elif message["type"] == WATCHED["type"]:
            self._watched_until = time.monotonic() + WATCHED_SECONDS
            if not self._is_watched:
                self._is_watched = True
                self._frames.subscribe(asyncio.get_running_loop())

    def _unwatch(self) -> None:
        if self._is_watched and self._loop is not None:
            self._is_watched = False
            self._frames.unsubscribe(self._loop)

    def _warn(self, exc: Exception) -> None:
        if time.monotonic() - self._warned_at >= SECONDS_BETWEEN_WARNINGS:
            self._warned_at = time.monotonic()
            reason = exc.exceptions[0] if isinstance(exc, ExceptionGroup) else exc
            logger.warning("The channel layer fails, other server processes are heard by the database only: %r", reason)


async def _received(layer: Any, channel: str) -> dict[str, Any] | None:
    """The next message; None where the layer was not patient enough to wait for one.

    The driver of Redis gives up after five seconds unless told otherwise, which is when channels_redis would ask again.
    """
    began = time.monotonic()
    try:
        message: dict[str, Any] = await layer.receive(channel)
    except Exception as exc:  # its own kind of time-out, which is not Python's
        if type(exc).__name__ == "TimeoutError" and time.monotonic() - began > SECONDS_OF_SILENCE:
            return None
        raise
    return message


def is_shared() -> bool:
    """Whether there is a channel layer that reaches beyond this process."""
    layer = get_channel_layer()
    return layer is not None and not isinstance(layer, InMemoryChannelLayer)


async def say_watched() -> None:
    """Have every process send its frames for a while."""
    if is_shared():
        await get_channel_layer().group_send(GROUP, WATCHED)


def call() -> None:
    """Have every process look for requests now; where that cannot be said, they look in any case, a little later."""
    if not is_shared():
        return

    async def send() -> None:
        async with asyncio.timeout(SECONDS_TO_CALL):
            await get_channel_layer().group_send(GROUP, CALLED)

    try:
        async_to_sync(send)()
    except Exception as exc:
        logger.info("The other server processes could not be called: %r", exc)
