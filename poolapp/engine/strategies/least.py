"""Strategies that choose the node that has the least of something."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from poolapp.engine.eligible import EligibleNodes
from poolapp.engine.strategies.base import Strategy
from poolapp.engine.strategies.estimates import typical

if TYPE_CHECKING:
    from poolapp.engine.node import WorkerNode
    from poolapp.engine.statistics import Usage
    from poolapp.engine.strategy_options import StrategyOptions


class Memoryless(Strategy):
    """A strategy that goes by what nodes are now, and by no options."""

    def __init__(self, options: StrategyOptions) -> None:
        pass

    def forget(self, node: WorkerNode) -> None:
        pass


class LeastUsed(Memoryless):
    """The node with the fewest tasks running or waiting, the lowest slot among equals."""

    def choose(self, nodes: Sequence[WorkerNode], now: float) -> WorkerNode:
        return nodes.least_loaded() if isinstance(nodes, EligibleNodes) else min(nodes, key=attrgetter("load"))


class LeastBusy(Memoryless):
    """The node that has spent the least time on its tasks, waiting and running, the lowest slot among equals.

    What it has been given and has not finished counts as well, as long as its tasks usually run: otherwise all tasks of
    a burst would go to one node, which only learns of them when they are done.
    """

    def choose(self, nodes: Sequence[WorkerNode], now: float) -> WorkerNode:
        times = typical([node.usage.run_time.average for node in nodes])
        spent = [self._spent(node.usage) + node.load * time for node, time in zip(nodes, times, strict=True)]
        return nodes[spent.index(min(spent))]

    def _spent(self, usage: Usage) -> float:
        return usage.wait_time.total + usage.run_time.total


class LeastElu(LeastBusy):
    """The node that has used the least CPU time, the waiting of its tasks and what it was given added as above."""

    def _spent(self, usage: Usage) -> float:
        return usage.wait_time.total + usage.active_time.total
