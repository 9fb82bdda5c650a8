"""Daphne in this process, on a socket that is already bound, and an end that never takes long."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from typing import Any

from daphne.server import Server

SECONDS_TO_STOP = 4.0
SECONDS_FOR_REQUESTS = 1.0


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, or OSError at once when the address is taken."""
    return socket.create_server((host, port))


def serve(application: Any, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; from then on the process has a few seconds to live."""
    Server(
        application=application,
        # The endpoint owns the descriptor from here on, and closes it.
        endpoints=[f"fd:fileno={listener.detach()}"],
        ready_callable=lambda: _ready(on_ready),
        request_buffer_size=64 * 1024,
        application_close_timeout=1,
        verbosity=0,
        server_name="poolapp-demo",
    ).run()
    _finish_requests()


def _ready(on_ready: Callable[[], None]) -> None:
    from twisted.internet import reactor

    # getattr: the reactor is a module that becomes an object, which no type checker can know.
    getattr(reactor, "addSystemEventTrigger")("before", "shutdown", _begin_to_end)  # noqa: B009
    on_ready()


def _begin_to_end() -> None:
    # A request in a thread cannot be interrupted; its thread must not keep the process alive.
    deadline = threading.Timer(SECONDS_TO_STOP, os._exit, args=(0,))
    deadline.daemon = True
    deadline.start()
    # Requests are about to be cut off: how each of them fails is of no interest.
    asyncio.get_event_loop().set_exception_handler(lambda loop, context: None)


def _finish_requests() -> None:
    # Daphne cancels the requests it knows, not what they have started, and does not wait for all of them.
    loop = asyncio.get_event_loop()
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=SECONDS_FOR_REQUESTS))
