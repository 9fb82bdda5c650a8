"""The nodes of a pool: who is there, who may be given work, which slots are free."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from poolapp.engine.eligible import EligibleNodes
from poolapp.engine.node import NodeState, WorkerNode


class Roster:
    """All nodes by id, and the eligible ones (ready, in the order of their slots)."""

    def __init__(self, ids: Iterator[int] | None = None) -> None:
        self.nodes: dict[int, WorkerNode] = {}
        self.eligible = EligibleNodes()
        self._ids = ids or itertools.count(1)  # a pool that is started again goes on with its own

    def __iter__(self) -> Iterator[WorkerNode]:
        return iter(self.nodes.values())

    def add(self, slot: int, *, dynamic: bool, now: float) -> WorkerNode:
        """A new node, starting."""
        node = WorkerNode(next(self._ids), slot, dynamic=dynamic, now=now)
        self.nodes[node.id] = node
        return node

    def set_state(self, node: WorkerNode, state: NodeState) -> None:
        """Change a node's state; what is gone is forgotten."""
        node.state = state
        if state is NodeState.GONE:
            self.nodes.pop(node.id, None)
        self.eligible = EligibleNodes(node for node in self if node.is_ready)

    def present(self) -> list[WorkerNode]:
        """The nodes that make up the pool's size: those that start or are ready."""
        return [node for node in self if node.is_present]

    def starting(self) -> int:
        return sum(node.state is NodeState.STARTING for node in self)

    def free_slots(self, limit: int) -> Iterator[int]:
        """The slots below `limit` in which nobody is present, the lowest first."""
        taken = {node.slot for node in self if node.is_present}
        return (slot for slot in range(limit) if slot not in taken)

    def in_slot(self, slot: int) -> WorkerNode | None:
        """The newest node present in a slot."""
        return max(
            (node for node in self if node.is_present and node.slot == slot),
            key=lambda node: node.id,
            default=None,
        )
