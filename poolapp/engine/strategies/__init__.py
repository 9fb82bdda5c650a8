"""Worker-choice strategies: given the eligible nodes, choose one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolapp.engine.strategies.base import Strategy
from poolapp.engine.strategies.fair_share import FairShare
from poolapp.engine.strategies.least import LeastBusy, LeastElu, LeastUsed
from poolapp.engine.strategies.round_robin import RoundRobin
from poolapp.engine.strategies.weighted import InterleavedWeightedRoundRobin, WeightedRoundRobin

if TYPE_CHECKING:
    from poolapp.engine.strategy_options import StrategyOptions

STRATEGIES: dict[str, type[Strategy]] = {
    "least_used": LeastUsed,
    "least_busy": LeastBusy,
    "least_elu": LeastElu,
    "round_robin": RoundRobin,
    "fair_share": FairShare,
    "weighted_round_robin": WeightedRoundRobin,
    "interleaved_weighted_round_robin": InterleavedWeightedRoundRobin,
}

__all__ = ["STRATEGIES", "Strategy", "make_strategy"]


def make_strategy(name: str, options: StrategyOptions) -> Strategy:
    """The strategy of that name, without a past."""
    return STRATEGIES[name](options)
