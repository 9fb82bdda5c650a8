"""The strategy that goes round."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from poolapp.engine.strategies.base import Strategy

if TYPE_CHECKING:
    from poolapp.engine.node import WorkerNode
    from poolapp.engine.strategy_options import StrategyOptions


class RoundRobin(Strategy):
    """One slot after another."""

    def __init__(self, options: StrategyOptions) -> None:
        self._last_slot = -1

    def choose(self, nodes: Sequence[WorkerNode], now: float) -> WorkerNode:
        index = bisect_right(nodes, self._last_slot, key=attrgetter("slot"))
        node = nodes[index % len(nodes)]
        self._last_slot = node.slot
        return node

    def forget(self, node: WorkerNode) -> None:
        """Nothing is remembered of nodes."""
