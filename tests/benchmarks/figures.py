"""What is measured: figures, a value for each round, and what they come to."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity of one subject, a value for each round.

    workload: "round_trip", "throughput", "echo", …
    subject: "poolapp process", "pebble", "raw socketpair", …
    quantity: "p50", "20,000 from one thread", "1 MiB bytes, one by one", …
    unit: "µs", "tasks/s", "MiB/s", "MiB", "%", …
    """

    workload: str
    subject: str
    quantity: str
    unit: str
    values: tuple[float, ...]
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The lower and the upper quartile: half of all values lie between."""
        if len(self.values) < 2:
            return self.values[0], self.values[0]
        lower, _, upper = statistics.quantiles(self.values, n=4, method="inclusive")
        return lower, upper


@dataclass
class Sheet:
    """Where a workload writes its values down, round after round, and gets its figures from."""

    workload: str
    _values: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    _units: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def add(self, subject: str, quantity: str, unit: str, value: float, note: str = "") -> None:
        self._values.setdefault((subject, quantity), []).append(value)
        self._units[subject, quantity] = unit, note

    def figures(self, subjects: Iterable[str]) -> list[Figure]:
        """All figures, in this order of the subjects."""
        place = {subject: number for number, subject in enumerate(subjects)}
        return [
            Figure(self.workload, subject, quantity, unit, tuple(self._values[subject, quantity]), note)
            for (subject, quantity), (unit, note) in sorted(self._units.items(), key=lambda item: place[item[0][0]])
        ]


def quotient(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the quotients of each round: what slows a round down slows both."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=False))
