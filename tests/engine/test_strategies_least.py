"""Strategies that choose the node that has the least of something."""

from __future__ import annotations

import pytest

from poolapp.engine.strategies.estimates import UNKNOWN_SECONDS
from tests.engine.strategy_nodes import Node, experienced, fresh, strategy_called


def chosen(name: str, nodes: list[Node]) -> int:
    return strategy_called(name).choose(nodes, 0.0).slot


def nodes_with(loads: list[int]) -> list[Node]:
    nodes = fresh(len(loads))
    for node, load in zip(nodes, loads, strict=True):
        node.load = load
    return nodes


@pytest.mark.parametrize(
    "loads, expected",
    [([0], 0), ([0, 0, 0], 0), ([1, 0, 0], 1), ([2, 1, 1], 1), ([3, 2, 0], 2), ([1, 1, 1], 0)],
)
def test_least_used_prefers_the_node_with_the_fewest_tasks(loads: list[int], expected: int):
    assert chosen("least_used", nodes_with(loads)) == expected


def test_least_used_does_not_look_at_what_was():
    assert chosen("least_used", experienced(9.0, 1.0)) == 0


@pytest.mark.parametrize("name, expected", [("least_busy", 1), ("least_elu", 2)])
def test_the_least_time_spent_waiting_and_running_or_using_the_cpu(name: str, expected: int):
    nodes = fresh(4)
    for node, times in zip(nodes, [(1, 5, 4), (2, 3, 3), (3, 4, 1), (6, 1, 1)], strict=True):
        node.usage.record(times)

    assert chosen(name, nodes) == expected


@pytest.mark.parametrize("name", ["least_busy", "least_elu"])
def test_waiting_counts_as_much_as_the_rest(name: str):
    nodes = fresh(2)
    nodes[0].usage.record((2.0, 1.0, 1.0))
    nodes[1].usage.record((0.5, 2.0, 2.0))

    assert chosen(name, nodes) == 1


@pytest.mark.parametrize("name", ["least_busy", "least_elu"])
def test_it_is_the_whole_past_that_counts(name: str):
    nodes = experienced(1.0, 1.0, tasks=400)
    nodes[0].usage.record((0.0, 0.1, 0.1))

    assert chosen(name, nodes) == 1


@pytest.mark.parametrize("name", ["least_busy", "least_elu"])
def test_a_head_start_counts_as_time_spent(name: str):
    nodes = experienced(3.0, 2.0)
    newcomer = Node(2, 103)
    newcomer.usage.seed(node.usage for node in nodes)

    assert chosen(name, [*nodes, newcomer]) == 1


@pytest.mark.parametrize("name", ["least_busy", "least_elu"])
@pytest.mark.parametrize("load, expected", [(0, 0), (1, 0), (2, 1)])
def test_what_is_not_finished_counts_as_long_as_tasks_usually_run_there(name: str, load: int, expected: int):
    nodes = experienced(1.0, 2.5)
    nodes[0].load = load

    assert chosen(name, nodes) == expected


@pytest.mark.parametrize("load, expected", [(1, 2), (2, 0)])
def test_where_nothing_was_finished_tasks_are_taken_to_run_as_long_as_elsewhere(load: int, expected: int):
    nodes = [*experienced(3.0, 5.0), Node(2, 103, load=load)]  # of 4 seconds each
    nodes[0].usage.record((2.0, None, 0.0))

    assert chosen("least_busy", nodes) == expected


@pytest.mark.parametrize("waited, expected", [(UNKNOWN_SECONDS * 0.9, 0), (UNKNOWN_SECONDS * 1.1, 1)])
def test_where_nothing_was_finished_anywhere_tasks_count_something(waited: float, expected: int):
    nodes = fresh(2)
    nodes[0].usage.record((waited, None, 0.0))
    nodes[1].load = 1

    assert chosen("least_busy", nodes) == expected
