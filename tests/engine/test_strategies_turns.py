"""Strategies that go round: one slot after another, the weighted ones for as long as a slot's weight tells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.strategy_nodes import counts, experienced, fresh, give, run, strategy_called

WEIGHTED = ["weighted_round_robin", "interleaved_weighted_round_robin"]
weighted = pytest.mark.parametrize("name", WEIGHTED)
ROUND = ["round_robin", *WEIGHTED]


@pytest.mark.parametrize("name", ROUND)
def test_one_slot_comes_after_another(name: str):
    assert give(strategy_called(name), fresh(3), 7) == [0, 1, 2, 0, 1, 2, 0]


@pytest.mark.parametrize("name", ROUND)
def test_the_load_makes_no_difference(name: str):
    nodes = fresh(2)
    nodes[0].load = 9

    assert give(strategy_called(name), nodes, 2) == [0, 1]


@pytest.mark.parametrize("name", ROUND)
def test_it_is_the_next_slot_of_those_given(name: str):
    strategy, nodes = strategy_called(name), fresh(5)

    given = [nodes, nodes[2:], nodes[:2], nodes[2:4], nodes[:3], nodes[3:], nodes[3:], nodes]

    assert [strategy.choose(some, 0.0).slot for some in given] == [0, 2, 0, 2, 0, 3, 4, 0]


@pytest.mark.parametrize("name", ROUND)
def test_a_slot_that_is_given_again_has_its_turn_in_its_place(name: str):
    strategy, nodes = strategy_called(name), fresh(3)

    slots = give(strategy, [nodes[0], nodes[2]], 3) + give(strategy, nodes, 3)

    assert slots == [0, 2, 0, 1, 2, 0]


# Weights

ORDERS = {"weighted_round_robin": [0, 1, 1, 2, 2, 2], "interleaved_weighted_round_robin": [0, 1, 2, 1, 2, 2]}


@weighted
@pytest.mark.parametrize("weights", [[20, 40, 60], [1, 2, 3], [0.1, 0.2, 0.3], {2: 6e9, 0: 2e9, 1: 4e9}])
def test_only_the_ratio_of_the_weights_counts(name: str, weights: object):
    slots = give(strategy_called(name, weights=weights), fresh(3), 36)

    assert slots == ORDERS[name] * 6


@weighted
def test_tasks_that_end_meanwhile_change_nothing_when_they_are_equal(name: str):
    slots = run(strategy_called(name, weights=[20, 40, 60]), fresh(3), 36)

    assert slots == ORDERS[name] * 6
    assert counts(slots, range(3)) == [6, 12, 18]


@weighted
@given(weights=st.lists(st.floats(1.0, 20.0), min_size=2, max_size=5), seconds=st.floats(1e-6, 100.0))
def test_every_slot_is_given_its_share(name: str, weights: list[float], seconds: float):
    cycles = 20
    tasks = round(cycles * sum(weights) / min(weights))

    slots = run(strategy_called(name, weights=weights), fresh(len(weights)), tasks, seconds)

    for slot, weight in enumerate(weights):
        share = tasks * weight / sum(weights)
        cycle = sum(weights) / min(weights)
        assert slots.count(slot) == pytest.approx(share, abs=cycle / 2 + 2)


@weighted
def test_a_share_need_not_be_a_whole_number_of_tasks(name: str):
    slots = give(strategy_called(name, weights=[2, 3]), fresh(2), 50)

    assert counts(slots, range(2)) == [20, 30]


@weighted
def test_a_worker_with_slow_tasks_is_given_fewer(name: str):
    slots = give(strategy_called(name), experienced(0.1, 0.2, 0.4), 700)

    assert counts(slots, range(3)) == pytest.approx([400, 200, 100], abs=3)


@weighted
def test_waiting_makes_a_task_longer(name: str):
    nodes = fresh(2)
    nodes[0].usage.record((1.0, 1.0, 1.0))
    nodes[1].usage.record((0.0, 1.0, 1.0))

    assert counts(give(strategy_called(name), nodes, 30), range(2)) == [10, 20]


@weighted
@pytest.mark.parametrize(
    "options, shares",
    [
        ({}, [15, 15]),  # runs of 3 and 3 on average
        ({"run_time": {"median": True}}, [20, 10]),  # 1 and 2
        ({"measurement": "elu"}, [10, 20]),  # 2 and 1
        ({"measurement": "elu", "elu": {"median": True}}, [15, 15]),  # 1 and 1
    ],
)
def test_a_task_takes_what_the_options_go_by(name: str, options: dict[str, object], shares: list[int]):
    nodes = fresh(2)
    for run_time, active in [(1, 1), (1, 1), (7, 4)]:
        nodes[0].usage.record((0.0, run_time, active))
    for run_time, active in [(2, 1), (2, 1), (5, 1)]:
        nodes[1].usage.record((0.0, run_time, active))

    slots = give(strategy_called(name, **options), nodes, 30)

    assert counts(slots, range(2)) == pytest.approx(shares, abs=1)


@weighted
def test_tasks_that_differ_a_little_are_shared_nearly_equally(name: str):
    """Whoever has just not used its turn up owes for the task that follows."""
    slots = give(strategy_called(name), experienced(0.99, 1.0, 1.01), 300)

    assert counts(slots, range(3)) == pytest.approx([101, 100, 99], abs=2)


@weighted
def test_a_slot_sits_out_ten_cycles_at_the_most(name: str):
    strategy, nodes = strategy_called(name), experienced(100.0, *[0.001] * 39)
    give(strategy, nodes, 40)
    give(strategy, nodes[:1], 1)  # which counts as 40
    for node in nodes:
        node.usage = nodes[1].usage

    slots = give(strategy, nodes, 40 * 15)

    assert 2 <= slots.count(0) <= 5


@weighted
def test_the_times_of_a_node_that_is_gone_do_not_count(name: str):
    strategy, nodes = strategy_called(name), experienced(100.0, 0.001, 0.001)
    give(strategy, nodes, 3)
    strategy.forget(nodes[0])

    slots = give(strategy, nodes[1:], 20)

    assert counts(slots, [1, 2]) == pytest.approx([10, 10], abs=1)


@weighted
def test_times_that_have_changed_are_noticed_where_nothing_is_given(name: str):
    strategy, nodes = strategy_called(name), experienced(100.0, 100.0, 0.001)
    give(strategy, nodes, 2)
    for node in nodes:
        node.usage = nodes[2].usage

    slots = give(strategy, nodes, 31)

    assert counts(slots, range(3)) == pytest.approx([10, 10, 10], abs=2)


@weighted
def test_a_slot_beyond_the_weights_weighs_as_much_as_the_mean_of_them(name: str):
    slots = give(strategy_called(name, weights=[1, 1, 4]), fresh(4), 160)

    assert counts(slots, range(4)) == pytest.approx([20, 20, 80, 40], abs=2)


@weighted
def test_a_slot_that_vanishes_and_comes_back_has_its_share_of_the_time_that_it_is_there(name: str):
    strategy, nodes = strategy_called(name, weights=[20, 40, 60]), fresh(3)

    first = give(strategy, nodes, 12)
    without = give(strategy, nodes[:2], 9)
    again = give(strategy, nodes, 12)

    assert counts(first, range(3)) == [2, 4, 6]
    assert counts(without, range(3)) == [3, 6, 0]
    assert counts(again, range(3)) == pytest.approx([2, 4, 6], abs=1)
