"""What is counted and measured of each worker."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterable
from typing import Any

# As many samples as poolifier keeps: enough for a stable median, small enough for a worker each.
HISTORY_LENGTH = 386


class Measurement:
    """Samples of one duration, in seconds: lifetime aggregate and extremes, and the latest history."""

    __slots__ = ("aggregate", "history", "maximum", "minimum")

    def __init__(self) -> None:
        self.aggregate = 0.0
        self.minimum: float | None = None
        self.maximum: float | None = None
        self.history: deque[float] = deque(maxlen=HISTORY_LENGTH)

    def record(self, value: float) -> None:
        self.aggregate += value
        self.history.append(value)
        if self.minimum is None or value < self.minimum:
            self.minimum = value
        if self.maximum is None or value > self.maximum:
            self.maximum = value


class Usage:
    """What one worker has done so far."""

    __slots__ = ("executed", "failed", "run_time", "wait_time")

    def __init__(self) -> None:
        self.executed = 0
        self.failed = 0
        self.run_time = Measurement()
        self.wait_time = Measurement()


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
