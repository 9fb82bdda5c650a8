"""Whether targets were reached, and how our pools compare with others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.benchmarks.figures import Figure, quotient
from tests.benchmarks.subjects import OURS, is_ours
from tests.benchmarks.targets import Target


@dataclass(frozen=True)
class Verdict:
    """What a target came to.

    value: the figure, or the least favourable of the quotients; None when it was not measured.
    against: the peer that this quotient is about.
    """

    target: Target
    value: float | None
    against: str = ""

    @property
    def reached(self) -> bool | None:
        if self.value is None:
            return None
        return self.target.allows(self.value)

    def __str__(self) -> str:
        if self.value is None:
            return "not measured"
        if self.reached:
            return "reached"
        percent = abs(self.value / self.target.limit - 1) * 100
        return f"missed by {percent:.0f} %" if percent >= 1 else f"missed by {percent:.1g} %"


def judge(target: Target, figures: Sequence[Figure]) -> Verdict:
    """Compare a target with what was measured; peers that were not are left out."""
    found = {(figure.workload, figure.subject, figure.quantity): figure for figure in figures}
    ours = found.get((target.workload, target.subject, target.quantity))
    if ours is None:
        return Verdict(target, None)
    if not target.divisors:
        return Verdict(target, ours.median)
    others = [found[place] for divisor in target.divisors if (place := (target.workload, *divisor)) in found]
    quotients = [(quotient(ours.values, other.values), other.subject) for other in others]
    if not quotients:
        return Verdict(target, None)
    return Verdict(target, *(min if target.at_most is None else max)(quotients))


def unmeasured(targets: Sequence[Target], figures: Sequence[Figure]) -> set[tuple[str, str]]:
    """The subjects and quantities that targets are about, and that are not among the figures."""
    needed = {place for target in targets for place in [(target.subject, target.quantity), *target.divisors]}
    return needed - {(figure.subject, figure.quantity) for figure in figures}


@dataclass(frozen=True)
class Ratio:
    """One of our figures divided by those of others, which measured the same."""

    figure: Figure
    to: dict[str, float]


def ratios(figures: Sequence[Figure]) -> Iterator[Ratio]:
    """Of our pools, as they are by default, to everything else that has the same figure."""
    for ours in figures:
        if ours.subject in OURS:
            others = [f for f in figures if (f.workload, f.quantity) == (ours.workload, ours.quantity)]
            to = {f.subject: quotient(ours.values, f.values) for f in others if not is_ours(f.subject)}
            if to:
                yield Ratio(ours, to)
