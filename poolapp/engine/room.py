"""Waiting for room in a full queue, for callers who would rather wait than be refused."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from poolapp.engine.errors import QueueFull
from poolapp.engine.tasks import Task

if TYPE_CHECKING:
    from poolapp.engine.core import Core


def submit_patiently(core: Core, task: Task, seconds: float) -> None:
    """Submit a task as soon as there is room for it; raises QueueFull when there is none in so many seconds.

    On an event loop, which must not be held up, it does not wait.
    """
    deadline = time.monotonic() + (0.0 if _runs_an_event_loop() else seconds)
    while True:
        try:
            return core.submit(task)
        except QueueFull:
            if (left := deadline - time.monotonic()) <= 0:
                raise
            core.wait_for(lambda: core.state != "running" or core.scheduler.has_room(task), left)


def _runs_an_event_loop() -> bool:
    """Whether the calling thread is in the middle of one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
