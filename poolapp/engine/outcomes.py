"""What workers report: how a task ended, how a worker ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple


class Outcome(NamedTuple):
    """How a task ended: its value, or the error with the worker's traceback as text; monotonic times in seconds.

    active_time: CPU time of the run; batch_number: of the batch that the task came in.
    """

    value: Any
    error: BaseException | None
    traceback: str
    started_at: float
    run_time: float
    active_time: float = 0.0
    batch_number: int = 0


@dataclass(frozen=True, slots=True)
class WorkerExit:
    """How a worker ended.

    reason: in words; error: its own traceback, when it failed to start or crashed.
    by_force: whether it was killed from outside, which says nothing about how its successor will fare.
    is_dead: whether what it ran has ended with it; a thread that was given up may still run.
    """

    reason: str
    error: str | None = None
    by_force: bool = False
    is_dead: bool = True
