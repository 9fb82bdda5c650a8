"""Pools that start and end with the server, for servers that tell: the `lifespan` protocol of ASGI.

    application = ProtocolTypeRouter({"http": …, "websocket": …, "lifespan": poolapp.asgi.lifespan})

Uvicorn, Gunicorn's ASGI worker, Granian and Hypercorn send it; Daphne does not. When they end, tasks that run or wait
get POOLAPP["SHUTDOWN_TIMEOUT"] seconds to finish, where without it they would be lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from poolapp import pools
from poolapp.conf import get_settings

logger = logging.getLogger("poolapp")

Message = dict[str, Any]


async def lifespan(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """The ASGI application for scopes of type "lifespan"."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await asyncio.to_thread(_start)
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await asyncio.to_thread(pools.stop, get_settings().shutdown_timeout)
            await send({"type": "lifespan.shutdown.complete"})
            return


def _start() -> None:
    """Start the pools where they start with the server; a site without them is better than none."""
    if get_settings().autostart not in ("serve", "always"):
        return
    try:
        pools.start()
    except Exception:
        logger.exception("The pools could not be started; the first execute() tries again")
