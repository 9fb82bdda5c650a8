"""What a pool tells about itself: named events with plain details, handed out in order."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from poolapp.engine.callbacks import CallbackThread
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
VALUES = frozenset({"arguments", "call", "result"})
"""Details that tell values of a task, which may be secret: nobody but its record has them."""
PRIVATE = VALUES | {"traceback"}
"""Details that are not for browsers."""


class Event(NamedTuple):
    """Something that happened: its name, when (unix seconds), JSON-ready details, and the task it is about."""

    name: str
    at: float
    details: dict[str, Any]
    task: Task | None = None


Listener = Callable[[Event], object]
Listeners = dict[str, tuple[Listener, ...]]

# So many events may wait for listeners that take their time.
MOST_WAITING = 100_000


class EventHub:
    """Who listens to which event; what a listener raises is logged and goes no further.

    Listeners are called in a thread of their own, but for those that promise to return at once.

    dropped: events that listeners have missed because too many waited to be told.
    """

    def __init__(self, pool_name: str) -> None:
        self._pool_name = pool_name
        self._listeners: Listeners = dict.fromkeys((*EVENTS, MESSAGE), ())
        self._at_once: Listeners = dict.fromkeys(EVENTS, ())
        self.wants_tasks = False  # whether anybody listens to what happens to single tasks
        self.wants_failures = False  # whether anybody listens at least to how they fail
        self.dropped = 0
        self._ready: Event | None = None
        self.forget_threads()

    def forget_threads(self) -> None:
        """Begin without a thread, and with nobody who adds listeners just now."""
        self._lock = threading.Lock()
        self.thread = CallbackThread(f"poolapp-{self._pool_name}-listeners", "A listener")

    def add(self, name: str, listener: Listener, *, at_once: bool = False) -> None:
        """Call `listener` with every event of this name, "ready" also when it was told already.

        at_once: whether it is called in the thread in which the event happens, since it returns at once.
        """
        with self._lock:
            if at_once:
                self._at_once = {**self._at_once, name: (*self._at_once[name], listener)}
            else:
                self._listeners = {**self._listeners, name: (*self._listeners[name], listener)}
            self._note_wishes()
            missed = self._ready if name == "ready" else None
        if missed is not None:
            call_safely(listener, missed)

    def remove(self, name: str, listener: Listener) -> None:
        """Call `listener` no longer."""
        with self._lock:
            self._listeners = _without(self._listeners, name, listener)
            self._at_once = _without(self._at_once, name, listener)
            self._note_wishes()

    def emit(self, event: Event) -> None:
        """Tell an event; one at a time."""
        name = event.name
        if name in ("ready", "destroy"):
            with self._lock:
                self._ready = event if name == "ready" else None
                at_once, listeners = self._at_once[name], self._listeners[name]
        else:
            at_once, listeners = self._at_once.get(name, ()), self._listeners[name]
        for listener in at_once:
            call_safely(listener, event)
        for listener in listeners:
            self._tell_later(listener, event)

    def _tell_later(self, listener: Listener, event: Event) -> None:
        if self.thread.waiting < MOST_WAITING:
            self.thread.call(self._tell, (listener, event))
            return
        if self.dropped == 0:
            logger.error("Pool %s: its listeners are too slow, so that events are not told them", self._pool_name)
        self.dropped += 1

    def _tell(self, call: tuple[Listener, Event]) -> None:
        """Call a listener, unless it was removed in the meantime."""
        listener, event = call
        if listener in self._listeners[event.name]:
            call_safely(listener, event)

    def _note_wishes(self) -> None:
        self.wants_tasks = any(self._listeners[name] or self._at_once[name] for name in TASK_EVENTS)
        self.wants_failures = self.wants_tasks or bool(self._listeners["task_error"] or self._at_once["task_error"])


def _without(listeners: Listeners, name: str, listener: Listener) -> Listeners:
    return {**listeners, name: tuple(other for other in listeners.get(name, ()) if other != listener)}


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
