"""Nodes as strategies see them, with as many tasks and as much of a past as a test wants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from poolapp.engine.statistics import Usage
from poolapp.engine.strategies import Strategy, make_strategy
from poolapp.engine.strategy_options import StrategyOptions


@dataclass
class Node:
    """All that strategies look at."""

    slot: int
    id: int
    load: int = 0
    usage: Usage = field(default_factory=Usage)


def fresh(count: int) -> list[Node]:
    """Nodes without a past; their ids are not their slots."""
    return [Node(slot, slot + 101) for slot in range(count)]


def experienced(*run_times: float, tasks: int = 1) -> list[Node]:
    """A node for each run time, that has run so many tasks of this length on the CPU, at once and without waiting."""
    nodes = fresh(len(run_times))
    for node, run_time in zip(nodes, run_times, strict=True):
        for _ in range(tasks):
            node.usage.record((0.0, run_time, run_time))
    return nodes


def strategy_called(name: str, **options: Any) -> Any:
    return make_strategy(name, StrategyOptions(**options))


def give(strategy: Strategy, nodes: Sequence[Node], tasks: int, now: float = 0.0) -> list[int]:
    """Submit tasks at once, none of which ends meanwhile; the slots that they were given to."""
    slots = []
    for _ in range(tasks):
        node = strategy.choose(nodes, now)  # type: ignore[arg-type]
        node.load += 1
        slots.append(node.slot)
    return slots


def run(strategy: Strategy, nodes: Sequence[Node], tasks: int, seconds: float = 0.008, now: float = 0.0) -> list[int]:
    """Run equal tasks one after another; the slots in which they ran."""
    slots = []
    for _ in range(tasks):
        node = strategy.choose(nodes, now)  # type: ignore[arg-type]
        node.usage.record((0.0, seconds, seconds))
        slots.append(node.slot)
        now += seconds
    return slots


def counts(slots: Sequence[int], of: Iterable[int]) -> list[int]:
    """How often each slot is among those chosen."""
    return [slots.count(slot) for slot in of]
