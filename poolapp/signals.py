"""The events of all pools as Django signals.

Each is sent with `sender` (the class Event), `alias` and `event`, in the order of events, from threads of the pool: a
receiver should return at once. What a receiver raises is logged.
"""

from __future__ import annotations

from django.dispatch import Signal

from poolapp.engine.events import EVENTS

ready = Signal()
busy = Signal()
busy_end = Signal()
full = Signal()
full_end = Signal()
empty = Signal()
back_pressure = Signal()
back_pressure_end = Signal()
worker_online = Signal()
worker_exit = Signal()
error = Signal()
task_error = Signal()
destroy = Signal()
task_queued = Signal()
task_started = Signal()
task_finished = Signal()

BY_EVENT: dict[str, Signal] = {name: globals()[name] for name in EVENTS}
