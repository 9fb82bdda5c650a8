"""What a strategy is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from poolapp.engine.node import WorkerNode
    from poolapp.engine.strategy_options import StrategyOptions


class Strategy(Protocol):
    """Chooses the worker for a task. What it remembers of the past, it remembers by slot or by node id."""

    def __init__(self, options: StrategyOptions) -> None: ...

    def choose(self, nodes: Sequence[WorkerNode], now: float) -> WorkerNode:
        """Return one of `nodes`, which are ready, in the order of their slots, and at least one.

        They may be those of any slots, and others each time: a task may be bound to some. The task counts as given to
        the node that is returned. now: a reading of the monotonic clock, seconds.
        """

    def forget(self, node: WorkerNode) -> None:
        """Drop what is remembered of a node that is gone."""
