"""What a pool tells about itself: named events with plain details, handed out in order."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from poolapp.engine.errors import InvalidOption, InvalidOptionType
from poolapp.engine.tasks import Task

logger = logging.getLogger("poolapp")

POOL_EVENTS = (
    "ready",
    "busy",
    "busy_end",
    "full",
    "full_end",
    "empty",
    "back_pressure",
    "back_pressure_end",
    "worker_online",
    "worker_exit",
    "error",
    "task_error",
    "destroy",
)
TASK_EVENTS = ("task_queued", "task_started", "task_finished")
EVENTS = POOL_EVENTS + TASK_EVENTS
MESSAGE = "message"
"""What tasks send while they run; only the pool's message_handler hears it, since it may be anything."""


class Event(NamedTuple):
    """Something that happened: its name, when (unix seconds), JSON-ready details, and the task it is about."""

    name: str
    at: float
    details: dict[str, Any]
    task: Task | None = None


Listener = Callable[[Event], object]


class EventHub:
    """Who listens to which event; what a listener raises is logged and goes no further."""

    def __init__(self) -> None:
        self._listeners: dict[str, tuple[Listener, ...]] = dict.fromkeys((*EVENTS, MESSAGE), ())
        self.wants_tasks = False  # whether anybody listens to what happens to single tasks
        self.wants_failures = False  # whether anybody listens at least to how they fail
        self._ready: Event | None = None
        self.make_lock()

    def make_lock(self) -> None:
        self._lock = threading.Lock()

    def add(self, name: str, listener: Listener) -> None:
        """Call `listener` with every event of this name, "ready" also when it was told already."""
        with self._lock:
            self._change(name, (*self._listeners[name], listener))
            missed = self._ready if name == "ready" else None
        if missed is not None:
            call_safely(listener, missed)

    def remove(self, name: str, listener: Listener) -> None:
        """Call `listener` no longer."""
        with self._lock:
            self._change(name, tuple(other for other in self._listeners.get(name, ()) if other != listener))

    def emit(self, event: Event) -> None:
        if event.name in ("ready", "destroy"):
            with self._lock:
                self._ready = event if event.name == "ready" else None
                listeners = self._listeners[event.name]
        else:
            listeners = self._listeners[event.name]
        for listener in listeners:
            call_safely(listener, event)

    def _change(self, name: str, listeners: tuple[Listener, ...]) -> None:
        self._listeners = {**self._listeners, name: listeners}
        self.wants_tasks = any(self._listeners[name] for name in TASK_EVENTS)
        self.wants_failures = self.wants_tasks or bool(self._listeners["task_error"])


def require_event(name: str) -> None:
    """Raise InvalidOption when there is no such event to listen to."""
    if name not in EVENTS:
        raise InvalidOption(f"an event is one of {', '.join(EVENTS)}, not {name!r}")


def require_listener(listener: object) -> None:
    """Raise InvalidOptionType for what cannot be called with an event."""
    if not callable(listener):
        raise InvalidOptionType(f"a listener must be callable, not {listener!r}")


def call_safely(listener: Listener, event: Event) -> None:
    """Call a listener; nothing that it raises may harm the pool."""
    try:
        listener(event)
    except BaseException:
        logger.exception("A listener of the pool event %s failed", event.name)
