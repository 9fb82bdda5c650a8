"""What an observer is: it is told of every event of every pool of this process, and returns at once."""

from __future__ import annotations

from typing import Protocol

from poolapp.engine.events import Event


class Observer(Protocol):
    """Somebody who watches pools."""

    def handle(self, alias: str, event: Event) -> None:
        """Take note of an event of the pool `alias`; called in the order of events, must not block or raise."""
