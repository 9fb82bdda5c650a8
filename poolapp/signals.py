"""The events of all pools as Django signals.

Each is sent with `sender` (the class Event), `alias` and `event`, in the order of events, from a thread that each pool
keeps for its listeners: a receiver that takes its time holds up other receivers, but no task. What it raises is logged.
"""

from __future__ import annotations

from typing import Any

from django.dispatch import Signal

from poolapp.engine.events import EVENTS
from poolapp.observers.audience import ask_all


class PoolSignal(Signal):
    """A signal that is only sent, and its event only made, when somebody receives it."""

    def connect(self, *args: Any, **kwargs: Any) -> None:
        super().connect(*args, **kwargs)
        ask_all()

    def disconnect(self, *args: Any, **kwargs: Any) -> bool:
        disconnected = super().disconnect(*args, **kwargs)
        ask_all()
        return disconnected


ready = PoolSignal()
busy = PoolSignal()
busy_end = PoolSignal()
full = PoolSignal()
full_end = PoolSignal()
empty = PoolSignal()
back_pressure = PoolSignal()
back_pressure_end = PoolSignal()
worker_online = PoolSignal()
worker_exit = PoolSignal()
error = PoolSignal()
task_error = PoolSignal()
destroy = PoolSignal()
task_queued = PoolSignal()
task_started = PoolSignal()
task_finished = PoolSignal()

BY_EVENT: dict[str, Signal] = {name: globals()[name] for name in EVENTS}
