"""What is counted and measured of each worker, and of the tasks of each name; durations in seconds."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import chain
from math import ceil, fsum
from typing import Any

# As many samples as poolifier keeps: enough for a stable median, small enough for a worker each.
HISTORY_LENGTH = 386
# Samples that are collected before they are taken into account at the latest, and those that are better taken singly.
MOST_SAMPLES = 512
FEW = 16

Sample = tuple[float, float | None, float]
"""Seconds that a task waited, that it ran (None when it failed), and of CPU time."""


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

    def extend(self, values: list[float]) -> None:
        """Take more samples into account, at least one."""
        if len(values) < FEW:
            for value in values:
                self.record(value)
            return
        self.aggregate += sum(values)
        lowest, highest = min(values), max(values)
        if self.minimum is None or lowest < self.minimum:
            self.minimum = lowest
        if self.maximum is None or highest > self.maximum:
            self.maximum = highest
        self.history.extend(values)
        self._median = None
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
        self._history_is_full = len(self.history) == HISTORY_LENGTH
        self._until_exact = HISTORY_LENGTH if self._history_is_full else HISTORY_LENGTH - len(self.history)


class Usage:
    """What one worker has done so far.

    executed, failed: tasks that ended well and badly; stolen: tasks that it took from the queues of others.
    run_time, wait_time: of tasks; active_time, idle_time: the CPU time of each run and the rest of it.

    Samples are collected, and taken into account when somebody looks or when there are many: that many at once cost a
    fraction of what each would cost by itself.
    """

    __slots__ = (
        "_active_time",
        "_executed",
        "_failed",
        "_idle_time",
        "_run_time",
        "_runs",
        "_samples",
        "_utilizations",
        "_wait_time",
        "stolen",
    )

    def __init__(self) -> None:
        self._forget()

    def reset(self) -> None:
        """Begin anew, as if nothing had been done."""
        self._forget()

    def record(self, sample: Sample) -> None:
        """Book a task that has ended: how long one that failed ran says nothing about how long tasks run."""
        self._samples.append(sample)
        if len(self._samples) >= MOST_SAMPLES:
            self._take_into_account()

    def count_failure(self) -> None:
        """Book a task that has failed without having run to its end."""
        self._failed += 1

    @property
    def executed(self) -> int:
        self._take_into_account()
        return self._executed

    @property
    def failed(self) -> int:
        self._take_into_account()
        return self._failed

    @property
    def run_time(self) -> Measurement:
        self._take_into_account()
        return self._run_time

    @property
    def wait_time(self) -> Measurement:
        self._take_into_account()
        return self._wait_time

    @property
    def active_time(self) -> Measurement:
        self._take_into_account()
        return self._active_time

    @property
    def idle_time(self) -> Measurement:
        self._take_into_account()
        return self._idle_time

    @property
    def utilization(self) -> float | None:
        """The mean of what share of each run was CPU time; None before there was one."""
        self._take_into_account()
        return self._utilizations / self._runs if self._runs else None

    def seed(self, others: Iterable[Usage]) -> None:
        """Begin with the least that any of the others has spent, so as not to be taken for the idlest of all."""
        others = [usage for usage in others if usage is not self]
        self.run_time.head_start = min((usage.run_time.total for usage in others), default=0.0)
        self.wait_time.head_start = min((usage.wait_time.total for usage in others), default=0.0)
        self.active_time.head_start = min((usage.active_time.total for usage in others), default=0.0)

    def _forget(self) -> None:
        self._executed = self._failed = self.stolen = 0
        self._run_time = Measurement()
        self._wait_time = Measurement()
        self._active_time = Measurement()
        self._idle_time = Measurement()
        self._runs = 0  # those whose utilization is in the sum
        self._utilizations = 0.0
        self._samples: list[Sample] = []

    def _take_into_account(self) -> None:
        if not self._samples:
            return
        samples, self._samples = self._samples, []
        self._wait_time.extend([wait for wait, _, _ in samples])
        ended = [(run, active) for _, run, active in samples if run is not None]
        self._executed += len(ended)
        self._failed += len(samples) - len(ended)
        if ended:
            self._run_time.extend([run for run, _ in ended])
            self._active_time.extend([active for _, active in ended])
            self._idle_time.extend([run - active if active < run else 0.0 for run, active in ended])
        # A run too short for the clock tells nothing.
        shares = [active / run for run, active in ended if run > 0]
        self._runs += len(shares)
        self._utilizations += sum(shares)


class TaskUsage(Usage):
    """What has become of the tasks of one name in a pool.

    submitted: all that the pool was given; cancelled: those taken back before they ran.
    """

    __slots__ = ("cancelled", "submitted")

    def __init__(self) -> None:
        self.submitted = self.cancelled = 0
        super().__init__()

    def reset(self) -> None:
        """Begin anew with the tasks that have not ended yet."""
        self.submitted -= self.executed + self.failed + self.cancelled
        self.cancelled = 0
        super().reset()


class Summary:
    """Several measurements as they are at one moment; what they amount to can be worked out later, without any lock."""

    def __init__(self, measurements: Iterable[Measurement]) -> None:
        measured = list(measurements)
        self._aggregate = sum(measurement.aggregate for measurement in measured)
        self._minimum = min((m.minimum for m in measured if m.minimum is not None), default=None)
        self._maximum = max((m.maximum for m in measured if m.maximum is not None), default=None)
        self._history = list(chain.from_iterable(measurement.history for measurement in measured))

    def figures(self) -> dict[str, Any]:
        """All as one; average, median and percentiles move with the histories, None without any."""
        history = sorted(self._history)
        return {
            "aggregate": self._aggregate,
            "minimum": self._minimum,
            "maximum": self._maximum,
            "average": statistics.fmean(history) if history else None,
            "median": statistics.median(history) if history else None,
            "p95": percentile(history, 0.95),
            "p99": percentile(history, 0.99),
        }


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The value below which this share of the values lies, by the method of the nearest rank; None without values."""
    return ordered[ceil(share * len(ordered)) - 1] if ordered else None


def elu_summary(usages: Iterable[Usage]) -> dict[str, Any]:
    """How much of their run time several workers have used the CPU; the utilization is that of the typical worker."""
    used = list(usages)
    utilizations = [usage.utilization for usage in used if usage.utilization is not None]
    return {
        "active": Summary(usage.active_time for usage in used),
        "idle": Summary(usage.idle_time for usage in used),
        "utilization": {
            "average": statistics.fmean(utilizations) if utilizations else None,
            "median": statistics.median(utilizations) if utilizations else None,
        },
    }


def worked_out(value: Any) -> Any:
    """A value, or what is in a mapping, with figures in the place of every Summary."""
    if isinstance(value, Summary):
        return value.figures()
    if isinstance(value, dict):
        return {key: worked_out(inner) for key, inner in value.items()}
    return value
