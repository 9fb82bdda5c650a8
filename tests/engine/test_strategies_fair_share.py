"""The strategy that tells how long each node will be occupied."""

from __future__ import annotations

import pytest

from tests.engine.strategy_nodes import Node, counts, experienced, fresh, give, strategy_called


def with_samples(*samples: tuple[float, float, float]) -> Node:
    """A node in slot 0, id 101, whose tasks have waited, run and used the CPU for so long."""
    node = fresh(1)[0]
    for sample in samples:
        node.usage.record(sample)
    return node


def test_a_virtual_end_is_now_or_the_one_before_and_the_usual_wait_and_run():
    strategy, node = strategy_called("fair_share"), with_samples((0.25, 2.0, 1.0))

    ends = []
    for now in (10.0, 11.0, 20.0):
        strategy.choose([node], now)
        ends.append(strategy.virtual_ends[node.id])

    assert ends == [12.25, 14.5, 22.25]


SAMPLES = [(0.0, 1.0, 1.0), (0.25, 3.0, 1.5), (2.0, 11.0, 8.0)]  # averages 0.75, 5.0, 3.5; medians 0.25, 3.0, 1.5


@pytest.mark.parametrize(
    "options, cost",
    [
        ({}, 5.75),
        ({"measurement": "wait_time"}, 5.75),
        ({"measurement": "elu"}, 4.25),
        ({"run_time": {"median": True}}, 3.75),
        ({"wait_time": {"median": True}}, 5.25),
        ({"elu": {"median": True}}, 5.75),
        ({"elu": {"median": True}, "measurement": "elu"}, 2.25),
        ({"run_time": {"median": True}, "measurement": "elu"}, 4.25),
    ],
)
def test_a_task_takes_what_the_options_go_by(options: dict[str, object], cost: float):
    strategy, node = strategy_called("fair_share", **options), with_samples(*SAMPLES)

    strategy.choose([node], 100.0)

    assert strategy.virtual_ends[node.id] == 100.0 + cost


def test_the_node_that_would_end_first_is_chosen():
    nodes = experienced(3.0, 1.0, 1.5)

    assert give(strategy_called("fair_share"), nodes, 8) == [1, 2, 1, 0, 1, 2, 1, 2]


def test_only_the_chosen_node_is_charged():
    strategy, nodes = strategy_called("fair_share"), experienced(3.0, 1.0)

    strategy.choose(nodes, 5.0)

    assert strategy.virtual_ends == {101: 5.0, 102: 6.0}


def test_fast_nodes_are_given_more():
    nodes = experienced(0.1, 0.2, 0.4)

    assert counts(give(strategy_called("fair_share"), nodes, 70), range(3)) == pytest.approx([40, 20, 10], abs=1)


def test_where_nothing_was_finished_tasks_are_taken_to_last_as_long_as_elsewhere():
    strategy = strategy_called("fair_share")
    newcomer = Node(2, 103)

    strategy.choose([newcomer, *experienced(1.0, 3.0)], 0.0)
    strategy.choose([*experienced(1.0, 3.0), newcomer], 0.0)
    strategy.choose([*experienced(1.0, 3.0), newcomer], 0.0)

    assert strategy.virtual_ends == {101: 2.0, 102: 0.0, 103: 2.0}


def test_a_node_that_only_failed_is_like_a_fresh_one():
    failing = Node(1, 102)
    failing.usage.record((50.0, None, 0.0))

    assert counts(give(strategy_called("fair_share"), [*experienced(1.0), failing], 12), range(2)) == [6, 6]


def test_a_new_node_begins_where_the_least_occupied_one_is():
    strategy, nodes = strategy_called("fair_share"), experienced(1.0, 1.0, 1.0)
    give(strategy, nodes[:2], 11)

    slots = give(strategy, nodes, 6)

    assert counts(slots, range(3)) == pytest.approx([2, 2, 2], abs=1)


def test_a_new_node_begins_now_when_another_one_is_idle():
    strategy, nodes = strategy_called("fair_share"), experienced(1.0, 1.0)
    give(strategy, nodes[:1], 3)

    strategy.choose(nodes, 7.0)

    assert strategy.virtual_ends == {101: 8.0, 102: 7.0}


def test_nobody_pays_for_what_was_given_before_anything_was_known():
    strategy, nodes = strategy_called("fair_share"), fresh(2)

    give(strategy, nodes, 5)

    assert strategy.virtual_ends == {}
