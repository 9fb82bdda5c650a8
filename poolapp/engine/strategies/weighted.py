"""Strategies that give each slot a share of the work in proportion to its weight, in turns."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from math import inf
from operator import attrgetter
from statistics import fmean
from typing import TYPE_CHECKING

from poolapp.engine.strategies.base import Strategy
from poolapp.engine.strategies.estimates import Costs

if TYPE_CHECKING:
    from poolapp.engine.node import WorkerNode
    from poolapp.engine.strategy_options import StrategyOptions

# The weight of every slot unless weights are given: one typical task in a cycle.
DEFAULT_WEIGHT = 1.0
# What is left of a turn, in typical tasks, when it is over but for rounding errors.
NOTHING = 1e-9
# So many cycles at the most a slot sits out. It bounds how long one looks for the next turn.
MOST_CYCLES_OWED = 10

_slot_of = attrgetter("slot")


class WeightedRoundRobin(Strategy):
    """One slot after another, each for as long as its weight tells.

    The lightest slot is given one typical task in a cycle, the others as many times more as they are heavier. It is
    time that counts: a task that takes twice as long as is typical of the pool counts as two. A turn is over when
    nothing is left of it. What was taken beyond that is owed, and taken off the next turn of the slot.

    A cycle has rounds, each with a level: in a round a slot is given what its weight fills between the level before and
    this one. Here there is one round, without a limit.
    """

    def __init__(self, options: StrategyOptions) -> None:
        lightest = min(options.weights.values()) if options.weights else DEFAULT_WEIGHT
        self._weights = {slot: weight / lightest for slot, weight in (options.weights or {}).items()}
        # A slot that the weights do not name, since the pool was resized, is one like the others.
        self._usual_weight = fmean(self._weights.values()) if self._weights else DEFAULT_WEIGHT
        self._levels = self._levels_of(self._weights)
        self._costs = Costs(options)
        self._left: dict[int, float] = {}  # of the last turn of each slot, in typical tasks
        self._round = 0
        self._slot = -1  # whose turn it is

    def choose(self, nodes: Sequence[WorkerNode], now: float) -> WorkerNode:
        self._costs.refresh(nodes)
        node = self._whose_turn_goes_on(nodes) or self._whose_turn_is_next(nodes)
        self._left[node.slot] -= self._costs.of(node)
        return node

    def forget(self, node: WorkerNode) -> None:
        self._left.pop(node.slot, None)
        self._costs.forget(node)

    def _levels_of(self, weights: Mapping[int, float]) -> list[float]:
        return [inf]

    def _whose_turn_goes_on(self, nodes: Sequence[WorkerNode]) -> WorkerNode | None:
        if self._left.get(self._slot, 0.0) <= NOTHING:
            return None
        index = bisect_left(nodes, self._slot, key=_slot_of)
        return nodes[index] if index < len(nodes) and nodes[index].slot == self._slot else None

    def _whose_turn_is_next(self, nodes: Sequence[WorkerNode]) -> WorkerNode:
        index = bisect_right(nodes, self._slot, key=_slot_of)
        while True:
            if index == len(nodes):
                index = 0
                self._round = (self._round + 1) % len(self._levels)
            node = nodes[index]
            if self._begin_turn(node.slot):
                return node
            index += 1

    def _begin_turn(self, slot: int) -> bool:
        """Let it be a slot's turn; False when there is nothing for it in this round."""
        weight = self._weights.get(slot, self._usual_weight)
        below = self._levels[self._round - 1] if self._round else 0.0
        share = min(weight, self._levels[self._round]) - below
        if share <= 0:
            return False
        owed = min(max(-self._left.get(slot, 0.0), 0.0), weight * MOST_CYCLES_OWED)
        self._slot = slot
        self._left[slot] = share - owed
        return self._left[slot] > NOTHING


class InterleavedWeightedRoundRobin(WeightedRoundRobin):
    """The same shares, but heavy slots have them in several turns, between those of the others.

    There is a round for each weight, in ascending order.
    """

    def _levels_of(self, weights: Mapping[int, float]) -> list[float]:
        return sorted(set(weights.values())) or [DEFAULT_WEIGHT]
