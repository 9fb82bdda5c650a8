"""What is counted and measured of each worker, and of the tasks of each name; durations in seconds."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterable
from math import fsum
from typing import Any

# As many samples as poolifier keeps: enough for a stable median, small enough for a worker each.
HISTORY_LENGTH = 386


class Measurement:
    """Samples of one duration: lifetime aggregate and extremes, and average and median of the latest history.

    head_start: what a worker that comes later is taken to have spent before it came.
    """

    __slots__ = (
        "_history_is_full",
        "_median",
        "_recent",
        "_until_exact",
        "aggregate",
        "head_start",
        "history",
        "maximum",
        "minimum",
    )

    def __init__(self) -> None:
        self.aggregate = 0.0
        self.minimum: float | None = None
        self.maximum: float | None = None
        self.history: deque[float] = deque(maxlen=HISTORY_LENGTH)
        self.head_start = 0.0
        self._median: float | None = None  # until the next sample
        self._recent = 0.0  # the sum of the history
        self._history_is_full = False
        self._until_exact = HISTORY_LENGTH

    def record(self, value: float) -> None:
        """Take one more sample into account."""
        self.aggregate += value
        if self.minimum is None or value < self.minimum:
            self.minimum = value
        if self.maximum is None or value > self.maximum:
            self.maximum = value
        self._recent += value - self.history[0] if self._history_is_full else value
        self.history.append(value)
        self._median = None
        self._until_exact -= 1
        if not self._until_exact:
            self._sum_up()

    @property
    def total(self) -> float:
        """All there was, the head start included: what strategies compare workers by."""
        return self.head_start + self.aggregate

    @property
    def average(self) -> float | None:
        return self._recent / len(self.history) if self.history else None

    @property
    def median(self) -> float | None:
        if self._median is None and self.history:
            self._median = statistics.median(self.history)
        return self._median

    def _sum_up(self) -> None:
        """Sum the history up anew, once per length of it, lest the rounding errors of adding and subtracting grow."""
        self._recent = fsum(self.history)
        self._history_is_full = True
        self._until_exact = HISTORY_LENGTH


class Usage:
    """What one worker has done so far.

    executed, failed: tasks that ended well and badly; stolen: tasks that it took from the queues of others.
    active_time, idle_time: the CPU time of each run and the rest of it.
    """

    __slots__ = (
        "_runs",
        "_utilizations",
        "active_time",
        "executed",
        "failed",
        "idle_time",
        "run_time",
        "stolen",
        "wait_time",
    )

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew, as if nothing had been done."""
        self.executed = self.failed = self.stolen = 0
        self.run_time = Measurement()
        self.wait_time = Measurement()
        self.active_time = Measurement()
        self.idle_time = Measurement()
        self._runs = 0  # those whose utilization is in the sum
        self._utilizations = 0.0

    def record(self, wait: float, run: float, active: float) -> None:
        """Book a task that ended well: how long it waited, how long it ran, and the CPU time of that."""
        self.executed += 1
        self.wait_time.record(wait)
        self.run_time.record(run)
        self.active_time.record(active)
        self.idle_time.record(run - active if active < run else 0.0)
        # A run too short for the clock tells nothing.
        if run > 0:
            self._runs += 1
            self._utilizations += active / run

    def record_failure(self, wait: float) -> None:
        """Book a task that failed: how long it ran says nothing about how long tasks run."""
        self.failed += 1
        self.wait_time.record(wait)

    @property
    def utilization(self) -> float | None:
        """The mean of what share of each run was CPU time; None before there was one."""
        return self._utilizations / self._runs if self._runs else None

    def seed(self, others: Iterable[Usage]) -> None:
        """Begin with the least that any of the others has spent, so as not to be taken for the idlest of all."""
        others = [usage for usage in others if usage is not self]
        self.run_time.head_start = min((usage.run_time.total for usage in others), default=0.0)
        self.wait_time.head_start = min((usage.wait_time.total for usage in others), default=0.0)
        self.active_time.head_start = min((usage.active_time.total for usage in others), default=0.0)


class TaskUsage(Usage):
    """What has become of the tasks of one name in a pool.

    submitted: all that the pool was given; cancelled: those taken back before they ran.
    """

    __slots__ = ("cancelled", "submitted")

    def __init__(self) -> None:
        self.submitted = self.executed = self.failed = self.cancelled = 0
        super().__init__()

    def reset(self) -> None:
        """Begin anew with the tasks that have not ended yet."""
        self.submitted -= self.executed + self.failed + self.cancelled
        self.cancelled = 0
        super().reset()


def summary(measurements: Iterable[Measurement]) -> dict[str, Any]:
    """Several workers' measurements as one; average and median move with the histories, None without any."""
    measured = list(measurements)
    history = [value for measurement in measured for value in measurement.history]
    return {
        "aggregate": sum(measurement.aggregate for measurement in measured),
        "minimum": min((m.minimum for m in measured if m.minimum is not None), default=None),
        "maximum": max((m.maximum for m in measured if m.maximum is not None), default=None),
        "average": statistics.fmean(history) if history else None,
        "median": statistics.median(history) if history else None,
    }


def elu_summary(usages: Iterable[Usage]) -> dict[str, Any]:
    """How much of their run time several workers have used the CPU; the utilization is that of the typical worker."""
    used = list(usages)
    utilizations = [usage.utilization for usage in used if usage.utilization is not None]
    return {
        "active": summary(usage.active_time for usage in used),
        "idle": summary(usage.idle_time for usage in used),
        "utilization": {
            "average": statistics.fmean(utilizations) if utilizations else None,
            "median": statistics.median(utilizations) if utilizations else None,
        },
    }
