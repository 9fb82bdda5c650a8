"""Measurements, what is counted of workers and task names, and summaries, with the vectors of the reference."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable
from math import fsum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolapp.engine.statistics import HISTORY_LENGTH, Measurement, Summary, TaskUsage, Usage, worked_out
from poolapp.engine.statistics import elu_summary as measured_elu

SEVEN = [0.25, 4.75, 3.05, 6.04, 1.01, 2.02, 5.03]


def summary(measurements: Iterable[Measurement]) -> dict[str, Any]:
    return Summary(measurements).figures()


def elu_summary(usages: Iterable[Usage]) -> dict[str, Any]:
    figures: dict[str, Any] = worked_out(measured_elu(usages))
    return figures


def measured(*values: float) -> Measurement:
    measurement = Measurement()
    for value in values:
        measurement.record(value)
    return measurement


def used(*samples: tuple[float, float, float]) -> Usage:
    """The usage of a worker whose tasks have waited, run and used the CPU for so long."""
    usage = Usage()
    for sample in samples:
        usage.record(sample)
    return usage


# Measurements


def test_nothing_measured_has_no_values():
    measurement = Measurement()

    assert (measurement.minimum, measurement.maximum, measurement.average, measurement.median) == (None,) * 4
    assert (measurement.aggregate, measurement.total) == (0.0, 0.0)


@pytest.mark.parametrize("values, median", [([0.08], 0.08), (SEVEN, 3.05), (SEVEN[:6], 2.535)])
def test_the_median(values: list[float], median: float):
    assert measured(*values).median == pytest.approx(median)
    assert summary([measured(*values)])["median"] == pytest.approx(median)


@pytest.mark.parametrize(
    "values, average", [([0.08], 0.08), (SEVEN, 3.1642857142857146), (SEVEN[:6], 2.8533333333333335)]
)
def test_the_average(values: list[float], average: float):
    assert measured(*values).average == pytest.approx(average)
    assert summary([measured(*values)])["average"] == pytest.approx(average)


def test_a_sample_after_the_median_was_asked_for_counts():
    measurement = measured(1.0, 2.0)
    assert measurement.median == 1.5

    measurement.record(9.0)

    assert measurement.median == 2.0


# (what is recorded, the aggregate and the extremes afterwards)
LIFETIMES = [
    (0.01, (0.01, 0.01, 0.01)),
    (0.02, (0.03, 0.01, 0.02)),
    (0.001, (0.031, 0.001, 0.02)),
    (0.003, (0.034, 0.001, 0.02)),
    (0.006, (0.04, 0.001, 0.02)),
    (0.01, (0.05, 0.001, 0.02)),
]


def test_the_aggregate_and_the_extremes():
    measurement = Measurement()

    for value, expected in LIFETIMES:
        measurement.record(value)
        assert (measurement.aggregate, measurement.minimum, measurement.maximum) == pytest.approx(expected)


def test_average_and_median_of_the_vectors():
    """There the history begins with the third sample: poolifier keeps none before an average is required, we always."""
    measurement = Measurement()

    moving = []
    for value, _ in LIFETIMES[2:]:
        measurement.record(value)
        moving.append((measurement.average, measurement.median))

    assert moving[0][0] == pytest.approx(0.001)
    assert moving[1][0] == pytest.approx(0.002)
    assert moving[2][1] == pytest.approx(0.003)
    assert moving[3][0] == pytest.approx(0.005)


def test_zero_is_a_value():
    measurement = measured(0.0)

    assert (measurement.minimum, measurement.maximum, measurement.average, measurement.median) == (0.0,) * 4


def test_average_and_median_move_with_the_latest_samples_and_the_others_do_not():
    measurement = measured(1000.0, *[1.0] * HISTORY_LENGTH)

    assert (measurement.average, measurement.median) == (1.0, 1.0)
    assert (measurement.minimum, measurement.maximum) == (1.0, 1000.0)
    assert measurement.aggregate == 1000.0 + HISTORY_LENGTH


def test_the_history_is_limited():
    measurement = measured(*map(float, range(HISTORY_LENGTH + 2)))

    assert list(measurement.history) == list(map(float, range(2, HISTORY_LENGTH + 2)))


@given(st.lists(st.sampled_from([0.0, 1e-9, 0.1, 0.2, 0.3, 1e3]), min_size=1, max_size=40), st.integers(1, 50))
def test_the_moving_average_is_that_of_the_history(pattern: list[float], repeated: int):
    measurement = Measurement()

    for value in pattern * repeated:
        measurement.record(value)

    expected = fsum(measurement.history) / len(measurement.history)
    assert measurement.average == pytest.approx(expected, rel=1e-9, abs=1e-11)


def test_the_moving_average_is_exact_again_once_the_history_has_gone_round():
    measurement = measured(*[1e9 / 3] * HISTORY_LENGTH, *[1e-9] * 2 * HISTORY_LENGTH)

    assert measurement.average == pytest.approx(1e-9, rel=1e-12)


def test_a_head_start_counts_in_the_total_only():
    measurement = measured(1.0, 2.0)
    measurement.head_start = 10.0

    assert (measurement.total, measurement.aggregate, measurement.average) == (13.0, 3.0, 1.5)


# Usage


def test_a_success_is_booked_with_all_its_times():
    usage = used((0.5, 2.0, 0.5))

    assert (usage.executed, usage.failed, usage.stolen) == (1, 0, 0)
    assert list(usage.wait_time.history) == [0.5]
    assert list(usage.run_time.history) == [2.0]
    assert list(usage.active_time.history) == [0.5]
    assert list(usage.idle_time.history) == [1.5]
    assert usage.utilization == 0.25


def test_a_failure_only_tells_how_long_it_waited():
    usage = used((0.5, 2.0, 0.5))

    usage.record((1.5, None, 0.0))

    assert (usage.executed, usage.failed) == (1, 1)
    assert list(usage.wait_time.history) == [0.5, 1.5]
    assert list(usage.run_time.history) == [2.0]
    assert list(usage.active_time.history) == [0.5]
    assert list(usage.idle_time.history) == [1.5]
    assert usage.utilization == 0.25


def test_there_is_no_utilization_before_a_run():
    usage = Usage()
    usage.record((1.0, None, 0.0))

    assert usage.utilization is None


def test_the_utilization_is_the_mean_of_all_runs_in_whichever_order():
    assert used((0, 1, 1), (0, 2, 1), (0, 4, 1)).utilization == pytest.approx((1 + 0.5 + 0.25) / 3)
    assert used((0, 4, 1), (0, 2, 1), (0, 1, 1)).utilization == pytest.approx((1 + 0.5 + 0.25) / 3)


def test_more_cpu_time_than_time_leaves_nothing_idle():
    usage = used((0.0, 1.0, 3.0))

    assert usage.idle_time.aggregate == 0.0
    assert usage.utilization == 3.0


def test_a_run_too_short_for_the_clock_has_no_utilization():
    usage = used((0.0, 0.0, 0.0))
    assert usage.utilization is None

    usage.record((0.0, 2.0, 1.0))

    assert usage.utilization == 0.5


def test_a_seeded_usage_begins_with_the_least_of_each_total_of_the_others():
    usage = Usage()

    usage.seed([used((3.0, 1.0, 0.5)), used((1.0, 4.0, 0.25))])

    assert (usage.wait_time.total, usage.run_time.total, usage.active_time.total) == (1.0, 1.0, 0.25)
    assert (usage.wait_time.aggregate, usage.run_time.aggregate, usage.active_time.aggregate) == (0.0, 0.0, 0.0)
    assert usage.run_time.average is None


def test_a_head_start_is_passed_on():
    first, second = Usage(), Usage()
    first.seed([used((3.0, 1.0, 0.5))])

    second.seed([first])

    assert (second.wait_time.total, second.run_time.total, second.active_time.total) == (3.0, 1.0, 0.5)


def test_a_usage_is_not_seeded_with_itself_and_needs_no_others():
    usage, other = Usage(), used((3.0, 1.0, 0.5))

    usage.seed([usage, other])
    assert usage.run_time.total == 1.0

    usage.seed([])
    assert usage.run_time.total == 0.0


def test_a_usage_that_is_reset_is_like_a_new_one():
    usage = used((1.0, 2.0, 1.0))
    usage.record((1.0, None, 0.0))
    usage.stolen = 2

    usage.reset()

    assert (usage.executed, usage.failed, usage.stolen) == (0, 0, 0)
    assert (usage.run_time.aggregate, usage.wait_time.median, usage.utilization) == (0.0, None, None)


def test_the_tasks_of_a_name_that_have_not_ended_outlast_a_reset():
    usage = TaskUsage()
    usage.submitted, usage.cancelled = 5, 1
    usage.record((1.0, 2.0, 1.0))
    usage.record((1.0, None, 0.0))

    usage.reset()

    assert (usage.submitted, usage.executed, usage.failed, usage.cancelled) == (2, 0, 0, 0)


def test_the_usage_of_a_name_also_counts_what_was_submitted_and_cancelled():
    usage = TaskUsage()

    assert (usage.submitted, usage.cancelled) == (0, 0)
    assert isinstance(usage, Usage)


# Summaries


@pytest.mark.parametrize("measurements", [[], [Measurement()], [Measurement(), Measurement()]])
def test_nothing_measured_is_summed_up_as_nothing(measurements: list[Measurement]):
    assert summary(measurements) == {
        "aggregate": 0.0,
        "minimum": None,
        "maximum": None,
        "average": None,
        "median": None,
        "p95": None,
        "p99": None,
    }


@pytest.mark.parametrize("count, p95, p99", [(1, 1, 1), (2, 2, 2), (20, 19, 20), (100, 95, 99), (386, 367, 383)])
def test_percentiles_are_those_of_the_nearest_rank(count: int, p95: float, p99: float):
    figures = summary([measured(*range(count, 0, -1))])

    assert (figures["p95"], figures["p99"]) == (p95, p99)


def test_several_workers_are_summed_up_as_one():
    assert summary([measured(1.0, 2.0), Measurement(), measured(6.0)]) == {
        "aggregate": 9.0,
        "minimum": 1.0,
        "maximum": 6.0,
        "average": 3.0,
        "median": 2.0,
        "p95": 6.0,
        "p99": 6.0,
    }


def test_head_starts_are_not_summed_up():
    usage = Usage()
    usage.seed([used((3.0, 1.0, 0.5))])

    assert summary([usage.run_time])["aggregate"] == 0.0


def test_elu_without_anything_measured():
    nothing = summary([])

    assert (
        elu_summary([Usage()])
        == elu_summary([])
        == {
            "active": nothing,
            "idle": nothing,
            "utilization": {"average": None, "median": None},
        }
    )


def test_elu_of_several_workers():
    usages = [used((0, 4, 1)), used((0, 2, 1), (0, 2, 1)), used((0, 1, 0.9)), Usage()]

    shown = elu_summary(iter(usages))

    assert shown["active"]["aggregate"] == pytest.approx(3.9)
    assert shown["idle"]["aggregate"] == pytest.approx(5.1)
    assert shown["utilization"] == {"average": pytest.approx(0.55), "median": 0.5}


seconds = st.just(0.0) | st.floats(1e-9, 1e6)


@given(st.lists(st.lists(st.tuples(seconds, seconds, seconds), max_size=5), max_size=4))
def test_what_is_shown_is_json_without_infinities(workers: list[list[tuple[float, float, float]]]):
    usages = [used(*samples) for samples in workers]

    json.dumps([elu_summary(usages), summary(usage.run_time for usage in usages)], allow_nan=False)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=20))
def test_the_median_is_the_median(values: list[float]):
    assert measured(*values).median == statistics.median(values)


@given(st.lists(st.lists(st.floats(0, 1e6), min_size=1, max_size=HISTORY_LENGTH + 50), min_size=1, max_size=4))
def test_many_samples_at_once_tell_the_same_as_one_after_another(portions: list[list[float]]):
    at_once, singly = Measurement(), Measurement()
    for portion in portions:
        at_once.extend(portion)
        for value in portion:
            singly.record(value)

    assert at_once.history == singly.history
    assert (at_once.minimum, at_once.maximum, at_once.median) == (singly.minimum, singly.maximum, singly.median)
    assert at_once.aggregate == pytest.approx(singly.aggregate)
    assert at_once.average == pytest.approx(singly.average)
