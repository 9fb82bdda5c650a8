"""What an observer is: it is told of the events of every pool of this process."""

from __future__ import annotations

from typing import Protocol

from poolapp.engine.events import Event


class Observer(Protocol):
    """Somebody who watches pools.

    returns_at_once: whether `handle` never blocks, so that it may be called where the event happens; otherwise it is
        called in the thread that each pool keeps for its listeners.
    """

    returns_at_once: bool

    def wants(self, event: str) -> bool:
        """Whether it has something to do when an event of this name comes.

        It is asked for what happens to single tasks, where it matters, and asked again by `ask_all` of `audience`.
        """

    def handle(self, alias: str, event: Event) -> None:
        """Take note of an event of the pool `alias`; called in the order of events, must not raise."""
