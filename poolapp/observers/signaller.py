"""Turns events into Django signals, when anybody receives them."""

from __future__ import annotations

from poolapp.db import close_connections
from poolapp.engine.events import Event
from poolapp.signals import BY_EVENT


class Signaller:
    """Sends one signal for every event."""

    returns_at_once = False  # receivers are the site's

    def wants(self, event: str) -> bool:
        return bool(BY_EVENT[event].receivers)

    def handle(self, alias: str, event: Event) -> None:
        signal = BY_EVENT[event.name]
        if signal.receivers:
            signal.send_robust(Event, alias=alias, event=event)
            close_connections()  # the thread ends when there is nothing more to tell
