"""What every workload has in common: how much to measure, and whose turn it is."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tests.benchmarks.figures import Figure

Tell = Callable[[str], object]


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    rounds: how often every subject has its turn, and how many values a figure has.
    workers: workers of each pool.
    scale: multiplies how much is done in each round; tests use a tiny one.
    """

    rounds: int = 5
    workers: int = 2
    scale: float = 1.0

    def count(self, number: int) -> int:
        """As many as are done in a round instead of this number, at least 2."""
        return max(2, round(number * self.scale))


class Workload(NamedTuple):
    """Something that is measured: its name, what it is about, and how it is run.

    run: is given the plan and whom to tell how far it is; a wrong result raises AssertionError.
    """

    name: str
    about: str
    run: Callable[[Plan, Tell], Iterable[Figure]]


def turns(subjects: Iterable[str], plan: Plan, tell: Tell) -> Iterator[str]:
    """Every subject once in each round, in an order that changes, so that the machine treats them alike."""
    names = list(subjects)
    for number in range(1, plan.rounds + 1):
        tell(f"round {number} of {plan.rounds}")
        yield from random.sample(names, len(names))
