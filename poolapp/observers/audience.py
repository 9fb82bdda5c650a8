"""Who hears which events of a pool: of single tasks only those who do something with them, since there are many."""

from __future__ import annotations

import threading
from functools import partial
from typing import Protocol
from weakref import WeakSet

from poolapp.engine.events import EVENTS, TASK_EVENTS, Listener
from poolapp.observers.base import Observer

# Told for every task, or for every one that fails: it costs something when anybody listens.
FREQUENT = (*TASK_EVENTS, "task_error")

_audiences: WeakSet[Audience] = WeakSet()


def ask_all() -> None:
    """Ask every observer of every pool what it wants to hear from now on."""
    for audience in list(_audiences):
        audience.ask()


class Source(Protocol):
    """What can be listened to: a pool."""

    def on(self, event: str, listener: Listener, *, at_once: bool = False) -> Listener: ...

    def off(self, event: str, listener: Listener) -> None: ...


class Audience:
    """The observers of one pool, which they know by its alias."""

    def __init__(self, alias: str, pool: Source, *observers: Observer) -> None:
        self._alias = alias
        self._pool = pool
        self._observers = observers
        self._listeners: dict[tuple[str, int], Listener] = {}
        self._asking = threading.RLock()
        for event in EVENTS:
            if event not in FREQUENT:
                for observer in observers:
                    self._listen(event, observer)
        _audiences.add(self)
        self.ask()

    def ask(self) -> None:
        """Let observers hear of tasks if they want to, now."""
        with self._asking:
            for event in FREQUENT:
                for number, observer in enumerate(self._observers):
                    self._let_hear(event, number, observer)

    def _let_hear(self, event: str, number: int, observer: Observer) -> None:
        listener = self._listeners.get((event, number))
        wants = observer.wants(event)
        if wants and listener is None:
            self._listeners[event, number] = self._listen(event, observer)
        elif listener is not None and not wants:
            del self._listeners[event, number]
            self._pool.off(event, listener)

    def _listen(self, event: str, observer: Observer) -> Listener:
        return self._pool.on(event, partial(observer.handle, self._alias), at_once=observer.returns_at_once)
