"""How tasks wait: the options of a pool's queues."""

from __future__ import annotations

from dataclasses import dataclass

from poolapp.engine.option_group import OptionGroup
from poolapp.engine.validation import (
    require_at_least,
    require_between,
    require_bool,
    require_not_negative,
    require_patience,
    require_positive,
    require_ratio,
)

MOST_AT_ONCE = 200
"""So many tasks can one worker be given at the same time: their messages are numbered with one byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueOptions(OptionGroup):
    """How tasks wait.

    enabled: whether tasks that wait may be stolen and count as back pressure; otherwise each stays with the worker that
        was chosen for it, which runs as many at once as its concurrency allows.
    concurrency: tasks that one worker runs at the same time, up to 200; 1 unless given.
    size: tasks in one worker's queue from which on it is under back pressure; it takes more all the same.
        The square of the pool's largest size unless given.
    limit: tasks that may wait in the whole pool, further ones are refused with QueueFull; no limit unless given.
    full_timeout: seconds that `execute` waits for room before it refuses a task; 0, it never waits, unless given.
    task_stealing: whether a worker without work takes tasks from another worker's queue.
    task_stealing_on_back_pressure: whether others take tasks from a worker that is under back pressure.
    task_stealing_ratio: part of the workers, from 0 for none to 1 for all, that may be stealing at the same time.
    tasks_finished_timeout: seconds that destroy() waits for the tasks that were given; 0 does not wait.
    aging_factor: priority points that a task gains per second of waiting; 0 lets the less urgent wait for ever.
    load_exponent: how much faster tasks gain them in a long queue; above 0, 2/3 unless given.
    """

    enabled: bool = True
    concurrency: int = 1
    size: int | None = None
    limit: int | None = None
    full_timeout: float = 0.0
    task_stealing: bool = True
    task_stealing_on_back_pressure: bool = True
    task_stealing_ratio: float = 0.6
    tasks_finished_timeout: float = 5.0
    aging_factor: float = 1.0
    load_exponent: float = 2 / 3

    def __post_init__(self) -> None:
        for name in ("enabled", "task_stealing", "task_stealing_on_back_pressure"):
            require_bool(name, getattr(self, name))
        require_between("concurrency", self.concurrency, 1, MOST_AT_ONCE)
        for name in ("size", "limit"):
            if getattr(self, name) is not None:
                require_at_least(name, getattr(self, name), 1)
        require_ratio("task_stealing_ratio", self.task_stealing_ratio)
        for name in ("full_timeout", "tasks_finished_timeout"):
            require_patience(name, getattr(self, name))
        require_not_negative("aging_factor", self.aging_factor)
        require_positive("load_exponent", self.load_exponent)
