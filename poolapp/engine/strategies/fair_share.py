"""The strategy that tells how long each node will be occupied, and chooses the one that is free first."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from poolapp.engine.strategies.base import Strategy
from poolapp.engine.strategies.estimates import task_time, typical

if TYPE_CHECKING:
    from poolapp.engine.node import WorkerNode
    from poolapp.engine.strategy_options import StrategyOptions


class FairShare(Strategy):
    """The node that would end one more task first, if each took as long as tasks usually take there.

    As long as no node has finished a task, it is the one with the fewest tasks: a guess that is booked would last.
    virtual_ends: when each node, by its id, would end what it was given; readings of the monotonic clock, seconds.
    """

    def __init__(self, options: StrategyOptions) -> None:
        self._task_time = task_time(options)
        self.virtual_ends: dict[int, float] = {}

    def choose(self, nodes: Sequence[WorkerNode], now: float) -> WorkerNode:
        measured = [self._task_time(node) for node in nodes]
        if not any(measured):
            return min(nodes, key=attrgetter("load"))
        self._admit(nodes, now)
        ends, times = self.virtual_ends, typical(measured)
        prospects = [max(now, ends[node.id]) + time for node, time in zip(nodes, times, strict=True)]
        soonest = min(prospects)
        chosen = nodes[prospects.index(soonest)]
        ends[chosen.id] = soonest
        return chosen

    def forget(self, node: WorkerNode) -> None:
        self.virtual_ends.pop(node.id, None)

    def _admit(self, nodes: Sequence[WorkerNode], now: float) -> None:
        """Let new nodes begin where the least occupied one is, or they would be given everything for long."""
        new = [node.id for node in nodes if node.id not in self.virtual_ends]
        if new:
            start = max(now, min(self.virtual_ends.values(), default=now))
            self.virtual_ends.update(dict.fromkeys(new, start))
