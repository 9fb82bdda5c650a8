"""Strategies: given the eligible nodes, choose one."""

from __future__ import annotations

import pytest

from poolapp.engine.node import WorkerNode
from poolapp.engine.strategies import STRATEGIES, LeastUsed, RoundRobin
from poolapp.engine.tasks import KnownFunction, Task, TaskFunction


def nodes_with(loads: list[int]) -> list[WorkerNode]:
    """Nodes with so many tasks each: the first in its worker's hands, the others waiting."""
    nodes = [WorkerNode(number, number, dynamic=False, now=0.0) for number in range(len(loads))]
    for node, load in zip(nodes, loads, strict=True):
        tasks = [Task(KnownFunction(TaskFunction(print, "print")), (), {}, 0.0) for _ in range(load)]
        if tasks:
            node.commit(tasks[:1], 0.0, 0.0)
        for task in tasks[1:]:
            node.queue.push(task)
    return nodes


@pytest.mark.parametrize(
    "loads, expected",
    [([0], 0), ([0, 0, 0], 0), ([1, 0, 0], 1), ([2, 1, 1], 1), ([3, 2, 0], 2), ([1, 1, 1], 0)],
)
def test_least_used_prefers_the_node_with_the_fewest_tasks(loads: list[int], expected: int):
    nodes = nodes_with(loads)

    assert LeastUsed().choose(nodes) is nodes[expected]


def test_round_robin_chooses_one_node_after_another():
    nodes = nodes_with([0, 0, 0])
    strategy = RoundRobin()

    chosen = [strategy.choose(nodes).slot for _ in range(7)]

    assert chosen == [0, 1, 2, 0, 1, 2, 0]


def test_round_robin_does_not_look_at_the_load():
    nodes = nodes_with([9, 0])
    strategy = RoundRobin()

    assert [strategy.choose(nodes).slot for _ in range(2)] == [0, 1]


def test_round_robin_goes_on_when_there_are_fewer_nodes():
    nodes = nodes_with([0, 0, 0])
    strategy = RoundRobin()
    for _ in range(2):
        strategy.choose(nodes)

    chosen = [strategy.choose(nodes[:2]).slot for _ in range(3)]

    assert chosen == [0, 1, 0]


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_chooses_one_of_the_nodes(name: str):
    nodes = nodes_with([1, 0, 2, 1])
    strategy = STRATEGIES[name]()

    assert all(strategy.choose(nodes[:size]) in nodes[:size] for size in (4, 1, 3, 2, 4))
