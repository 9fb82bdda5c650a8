"""Events of tasks as a pool tells them, made by hand."""

from __future__ import annotations

import uuid

from poolapp.engine.events import Event

STARTED = {"worker": 3, "slot": 1, "worker_pid": 42, "started_at": 2.0}
ENDED = STARTED | {"status": "executed", "wait_time": 0.1, "run_time": 0.2, "error": None, "traceback": ""}
KNOWN = {"task_queued": {}, "task_started": STARTED, "task_finished": ENDED}


def task_id(number: int) -> str:
    return str(uuid.UUID(int=number))


def told(name: str, number: int = 1, at: float = 3.0, **details: object) -> Event:
    """What is told of the task with this number."""
    about = {"task_id": task_id(number), "task": "a task", "queued_at": 1.0}
    return Event(name, at, {**about, **KNOWN[name], **details})
