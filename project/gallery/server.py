"""Daphne in this process, on a socket that is already bound, and an end that never takes long."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from typing import Any

from daphne.server import Server

SECONDS_TO_STOP = 4.0


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


def _ready(on_ready: Callable[[], None]) -> None:
    from twisted.internet import reactor

    # getattr: the reactor is a module that becomes an object, which no type checker can know.
    getattr(reactor, "addSystemEventTrigger")("before", "shutdown", _limit_the_end)  # noqa: B009
    on_ready()


def _limit_the_end() -> None:
    # A request in a thread cannot be interrupted; its thread must not keep the process alive.
    deadline = threading.Timer(SECONDS_TO_STOP, os._exit, args=(0,))
    deadline.daemon = True
    deadline.start()
