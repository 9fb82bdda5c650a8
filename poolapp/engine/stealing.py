"""Task stealing: a worker without work takes over half of the longest queue."""

from __future__ import annotations

from collections.abc import Iterable

from poolapp.engine.node import WorkerNode


def steal(thief: WorkerNode, nodes: Iterable[WorkerNode]) -> bool:
    """Move tasks to the thief's queue from the node with the longest one; False when nobody has any to give."""
    victim = max(nodes, key=lambda node: len(node.queue))
    if victim is thief or not victim.queue:
        return False
    # Take from the back: the front task is about to run there, the last one would wait longest.
    for task in victim.queue.pop_last((len(victim.queue) + 1) // 2):
        task.node = thief
        thief.queue.push(task)
    return True
