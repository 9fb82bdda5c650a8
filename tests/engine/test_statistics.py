"""Measurements and their summary, with the vectors of the reference."""

from __future__ import annotations

import pytest

from poolapp.engine.statistics import HISTORY_LENGTH, Measurement, summary

SEVEN = [0.25, 4.75, 3.05, 6.04, 1.01, 2.02, 5.03]


def measured(*values: float) -> Measurement:
    measurement = Measurement()
    for value in values:
        measurement.record(value)
    return measurement


def test_nothing_measured_has_no_values():
    assert summary([Measurement()]) == {
        "aggregate": 0.0,
        "minimum": None,
        "maximum": None,
        "average": None,
        "median": None,
    }


def test_no_measurement_has_no_values():
    assert summary([])["median"] is None


@pytest.mark.parametrize("values, median", [([0.08], 0.08), (SEVEN, 3.05), (SEVEN[:6], 2.535)])
def test_the_median(values: list[float], median: float):
    assert summary([measured(*values)])["median"] == pytest.approx(median)


@pytest.mark.parametrize(
    "values, average", [([0.08], 0.08), (SEVEN, 3.1642857142857146), (SEVEN[:6], 2.8533333333333335)]
)
def test_the_average(values: list[float], average: float):
    assert summary([measured(*values)])["average"] == pytest.approx(average)


@pytest.mark.parametrize(
    "values, aggregate, minimum, maximum",
    [([0.01], 0.01, 0.01, 0.01), ([0.01, 0.02], 0.03, 0.01, 0.02), ([0.01, 0.02, 0.001], 0.031, 0.001, 0.02)],
)
def test_the_aggregate_and_the_extremes(values: list[float], aggregate: float, minimum: float, maximum: float):
    shown = summary([measured(*values)])

    assert shown["aggregate"] == pytest.approx(aggregate)
    assert (shown["minimum"], shown["maximum"]) == (minimum, maximum)


def test_zero_is_a_value():
    assert summary([measured(0.0)]) == {
        "aggregate": 0.0,
        "minimum": 0.0,
        "maximum": 0.0,
        "average": 0.0,
        "median": 0.0,
    }


def test_several_workers_are_summed_up_as_one():
    assert summary([measured(1.0, 2.0), Measurement(), measured(6.0)]) == {
        "aggregate": 9.0,
        "minimum": 1.0,
        "maximum": 6.0,
        "average": 3.0,
        "median": 2.0,
    }


def test_average_and_median_move_with_the_latest_values_and_the_others_do_not():
    shown = summary([measured(1000.0, *[1.0] * HISTORY_LENGTH)])

    assert (shown["average"], shown["median"]) == (1.0, 1.0)
    assert (shown["maximum"], shown["aggregate"]) == (1000.0, 1000.0 + HISTORY_LENGTH)
