"""The nodes that may be given work, and which of them has the least to do."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush, heapreplace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poolapp.engine.node import WorkerNode

# The heap is made anew when it has so many times as many entries as there are nodes, and some more.
MOST_ENTRIES = 4
FEW = 16

Entry = tuple[int, int, int, "WorkerNode"]
"""A load, the slot and the id of a node, and the node."""


class EligibleNodes(list["WorkerNode"]):
    """Ready nodes in the order of their slots; finds the one with the least load in O(log n).

    For that there is a heap of loads. Every node has one entry that counts, that of its `ranked_load`, which is its
    load or less: one that has got more to do is found out when it comes to the top, one that has less is entered once
    more by `eased`. An entry that does not count any more goes when it comes to the top.
    """

    def __init__(self, nodes: Iterable[WorkerNode] = ()) -> None:
        super().__init__(sorted(nodes, key=lambda node: node.slot))
        self._heap: list[Entry] = []
        self._rank_all()

    def least_loaded(self) -> WorkerNode:
        """The node with the fewest tasks running or waiting, the lowest slot among equals; there must be a node."""
        heap = self._heap
        while True:
            ranked, slot, node_id, node = heap[0]
            if ranked != node.ranked_load:
                heappop(heap)
                continue
            load = node.committed + node.queue.count
            if load == ranked:
                return node
            node.ranked_load = load
            heapreplace(heap, (load, slot, node_id, node))

    def eased(self, node: WorkerNode) -> None:
        """A node may have less to do than before; to be called whenever that is so, also for one that is not here."""
        load = node.committed + node.queue.count
        if load < node.ranked_load and node.is_ready:
            node.ranked_load = load
            heappush(self._heap, (load, node.slot, node.id, node))
            if len(self._heap) > MOST_ENTRIES * len(self) + FEW:
                self._rank_all()

    def _rank_all(self) -> None:
        for node in self:
            node.ranked_load = node.load
        self._heap = [(node.ranked_load, node.slot, node.id, node) for node in self]
        heapify(self._heap)
