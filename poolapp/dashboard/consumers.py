"""The dashboard's socket: frames out to staff who may see the pools, nothing in."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.module_loading import import_string

from poolapp.dashboard import presenters
from poolapp.fleet import say_watched
from poolapp.observers.broadcaster import GROUP, broadcaster

SIGNED_OUT = 4401
FORBIDDEN = 4403
TOO_MANY_MESSAGES = 4429
TOO_MANY_SOCKETS = 4430
NO_CHANNEL_LAYER = 4503
SERVER_ERROR = 1011

RECHECK_SECONDS = 60.0
MESSAGES_PER_SECOND = 10
MOST_SOCKETS = 200
MOST_SOCKETS_OF_A_USER = 20


class Allowance:
    """So many messages a second from one browser."""

    def __init__(self, per_second: int, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._clock = clock
        self._left = float(per_second)
        self._at = clock()

    def spend(self) -> bool:
        """Take one message off the allowance; False when nothing is left."""
        now = self._clock()
        self._left = min(self._per_second, self._left + (now - self._at) * self._per_second)
        self._at = now
        self._left -= 1
        return self._left >= 0


class Doorkeeper:
    """Counts the open sockets of this process, and how many each user has."""

    def __init__(self, most: int = MOST_SOCKETS, most_of_a_user: int = MOST_SOCKETS_OF_A_USER) -> None:
        self._most = most
        self._most_of_a_user = most_of_a_user
        self._inside: Counter[Any] = Counter()
        self._lock = threading.Lock()

    def admit(self, user_id: Any) -> bool:
        """Count one more socket; False when there are too many already."""
        with self._lock:
            if self._inside.total() >= self._most or self._inside[user_id] >= self._most_of_a_user:
                return False
            self._inside[user_id] += 1
            return True

    def dismiss(self, user_id: Any) -> None:
        """Count one socket less."""
        with self._lock:
            self._inside[user_id] -= 1
            if not self._inside[user_id]:
                del self._inside[user_id]


doorkeeper = Doorkeeper()
logger = logging.getLogger("poolapp")


class DashboardConsumer(AsyncJsonWebsocketConsumer):
    """Sends a complete frame when it opens, then whatever the broadcaster sends to the group."""

    def __init__(
        self,
        recheck_seconds: float = RECHECK_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.recheck_seconds = recheck_seconds
        self.allowance = Allowance(MESSAGES_PER_SECOND, clock)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.recheck: asyncio.Task[None] | None = None
        self.guest: Any = None  # the user who counts as having this socket open

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            # Not in disconnect(): a server that shuts down cancels its consumers without it.
            await self._leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Hand frames on at once: by default each would queue for the one thread that all database work shares."""
        if message["type"] == "frame":
            await self._tell(message["text"])
        elif message["type"] == "websocket.receive":
            await self.websocket_receive(message)
        else:
            await super().dispatch(message)

    async def connect(self) -> None:
        code = await database_sync_to_async(refusal)(self.scope.get("user"))
        if code is None and self.channel_layer is None:
            code = NO_CHANNEL_LAYER
        if code is None and not doorkeeper.admit(self.scope["user"].pk):
            code = TOO_MANY_SOCKETS
        if code is not None:
            await self.close(code=code)
            return
        self.guest = self.scope["user"].pk
        try:
            await self._join()
        except Exception as exc:  # the layer is down; the page asks for its figures meanwhile, and tries again
            logger.warning("The dashboard's socket cannot open, the channel layer fails: %r", exc)
            await self.close(code=NO_CHANNEL_LAYER)
            return
        await self.accept()
        with suppress(Exception):  # then it is live for this process alone
            await say_watched()
        frame = await database_sync_to_async(presenters.frame)(broadcaster.seq)
        await self._tell(await self.encode_json(frame))

    async def _tell(self, text: str) -> None:
        """Send a frame, unless its reader has left a moment ago: each server has an error of its own for that."""
        with suppress(Exception):
            await self.send(text_data=text)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        """Read nothing, and hang up on who talks too much."""
        if not self.allowance.spend():
            await self.close(code=TOO_MANY_MESSAGES)

    @classmethod
    async def encode_json(cls, content: Any) -> str:
        return json.dumps(content, cls=DjangoJSONEncoder)

    async def _join(self) -> None:
        await self.channel_layer.group_add(GROUP, self.channel_name)
        self.loop = asyncio.get_running_loop()
        broadcaster.subscribe(self.loop)
        self.recheck = asyncio.create_task(self._keep_checking(), name="poolapp-recheck")

    async def _leave(self) -> None:
        if self.guest is not None:
            doorkeeper.dismiss(self.guest)
            self.guest = None
        if self.recheck is not None:
            self.recheck.cancel()
        if self.loop is not None:
            broadcaster.unsubscribe(self.loop)
            self.loop = None
            await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def _keep_checking(self) -> None:
        """Close when the session or the rights are gone; a check that fails counts as a no."""
        code = None
        while code is None:
            await asyncio.sleep(self.recheck_seconds)
            try:
                code = await database_sync_to_async(refusal)(await self._user_now())
                # Layers forget members after a day.
                await self.channel_layer.group_add(GROUP, self.channel_name)
                await say_watched()
            except Exception:
                code = SERVER_ERROR
        with suppress(Exception):  # the browser may be gone already
            await self.close(code=code)

    async def _user_now(self) -> Any:
        """The user as the session says now, not as it said when the socket opened."""
        session = self.scope.get("session")
        if session is None:
            return await database_sync_to_async(_reloaded)(self.scope["user"])
        fresh = _session_store()(session.session_key)
        return await get_user({"session": fresh})


def refusal(user: Any) -> int | None:
    """The code to close a socket with, or None for a user who may watch."""
    if user is None or not user.is_authenticated:
        return SIGNED_OUT
    if user.is_active and user.is_staff and user.has_perm("poolapp.view_dashboard"):
        return None
    return FORBIDDEN


def _reloaded(user: Any) -> Any:
    return type(user)._default_manager.filter(pk=user.pk).first()


def _session_store() -> Any:
    return import_string(f"{settings.SESSION_ENGINE}.SessionStore")
