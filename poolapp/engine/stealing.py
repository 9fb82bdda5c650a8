"""Task stealing: a worker with room takes over tasks that wait for others."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from poolapp.engine.node import WorkerNode

# So many tasks at the most change hands at a time, so that nobody waits long for the lock.
STOLEN_AT_ONCE = 256


def steal(thief: WorkerNode, nodes: Iterable[WorkerNode], most: int = STOLEN_AT_ONCE) -> WorkerNode | None:
    """Let a node without waiting tasks take over half of the longest queue that has some for it; returns the victim.

    Every second task is taken, the most urgent first: that one begins now, and both go on with their share in order.
    """
    victims = [node for node in nodes if node is not thief and node.queue.has_for(thief.slot)]
    if not victims:
        return None
    victim = max(victims, key=lambda node: len(node.queue))
    hand_over(victim, thief, most)
    return victim


def relieve(victim: WorkerNode, nodes: Iterable[WorkerNode], size: int, ratio: float) -> Iterator[WorkerNode]:
    """Let nodes with shorter queues take over one task each from a queue that has become too long; yields these nodes.

    size: the threshold of a queue's length; ratio: see `too_many_steal`.
    """
    others = sorted((node for node in nodes if node is not victim), key=lambda node: len(node.queue))
    thieves = 0
    for thief in others:
        if len(thief.queue) >= size - 1 or too_many_steal(thieves, len(others) + 1, ratio):
            return
        if victim.queue.has_for(thief.slot):
            hand_over(victim, thief, 1)
            thieves += 1
            yield thief


def too_many_steal(stealing: int, nodes: int, ratio: float) -> bool:
    """Whether no further node may steal: more than ceil(nodes * ratio) do already, or the ratio is 0."""
    return ratio == 0 or stealing > math.ceil(nodes * ratio)


def hand_over(victim: WorkerNode, thief: WorkerNode, most: int) -> None:
    """Move tasks that the thief may run to its queue."""
    tasks = victim.queue.take_every_second(thief.slot, most)
    for task in tasks:
        task.node = thief
        thief.queue.insert(task)
    thief.usage.stolen += len(tasks)
