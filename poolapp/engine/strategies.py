"""Worker-choice strategies: given the eligible nodes, choose one."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from poolapp.engine.node import WorkerNode


class Strategy(Protocol):
    """Chooses the worker for a task."""

    def choose(self, nodes: Sequence[WorkerNode]) -> WorkerNode:
        """Return one of `nodes`, which are ready, in the order of their slots, and at least one."""


class LeastUsed:
    """The node with the fewest tasks running or waiting, the lowest slot among equals."""

    def choose(self, nodes: Sequence[WorkerNode]) -> WorkerNode:
        return min(nodes, key=attrgetter("load"))


class RoundRobin:
    """One node after another."""

    def __init__(self) -> None:
        self._next = 0

    def choose(self, nodes: Sequence[WorkerNode]) -> WorkerNode:
        index = self._next % len(nodes)
        self._next = index + 1
        return nodes[index]


STRATEGIES: dict[str, type[Strategy]] = {"least_used": LeastUsed, "round_robin": RoundRobin}
