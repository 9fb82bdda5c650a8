"""What strategies go by when they choose a worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from poolapp.engine.errors import InvalidOptionType
from poolapp.engine.option_group import OptionGroup
from poolapp.engine.validation import require_bool, require_choice, require_positive, require_slots

MEASUREMENTS = ("run_time", "wait_time", "elu")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementOptions(OptionGroup):
    """How a measurement becomes one number.

    median: whether it is the median of the latest samples that counts, instead of their average.
    """

    median: bool = False

    def __post_init__(self) -> None:
        require_bool("median", self.median)


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyOptions(OptionGroup):
    """What strategies go by; those that need none of it ignore it.

    measurement: what fair_share and the weighted strategies go by, "run_time", "wait_time" or "elu" (the CPU time of
        tasks); "run_time" unless given.
    run_time, wait_time, elu: a MeasurementOptions each, or a mapping with its fields; averages unless given.
    weights: what the weighted strategies give to each slot, as a mapping of all slots from 0 to numbers above 0, or
        as a list of these numbers in the order of slots. The same to all unless given.
    """

    measurement: Literal["run_time", "wait_time", "elu"] = "run_time"
    run_time: MeasurementOptions = field(default_factory=MeasurementOptions)
    wait_time: MeasurementOptions = field(default_factory=MeasurementOptions)
    elu: MeasurementOptions = field(default_factory=MeasurementOptions)
    weights: Mapping[int, float] | None = None

    def __post_init__(self) -> None:
        require_choice("measurement", self.measurement, MEASUREMENTS)
        for name in MEASUREMENTS:
            self._set(name, MeasurementOptions.given(name, getattr(self, name)))
        if self.weights is not None:
            self._set("weights", _weights(self.weights))


def _weights(given: Any) -> dict[int, float]:
    """The weights by slot, in the order of slots."""
    if isinstance(given, (list, tuple)):
        given = dict(enumerate(given))
    elif not isinstance(given, Mapping):
        raise InvalidOptionType(f"weights must be a mapping of slots to numbers or a list of numbers, not {given!r}")
    require_slots("weights", list(given))
    for slot, weight in given.items():
        require_positive(f"weights[{slot}]", weight)
    return dict(sorted(given.items()))
