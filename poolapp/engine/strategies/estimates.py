"""What a task costs a node, as far as the past tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poolapp.engine.node import WorkerNode
    from poolapp.engine.strategy_options import MeasurementOptions, StrategyOptions

# How long a task is taken to run as long as no worker has finished any. It is the same for all workers, so it matters
# little how long that is, only that it is more than nothing: a burst is then shared among them.
UNKNOWN_SECONDS = 0.5


def task_time(options: StrategyOptions) -> Callable[[WorkerNode], float | None]:
    """Make the function that tells what a task costs a node, in seconds; None when it has not finished any.

    That is how long tasks wait and run there: averages, or medians where the options ask for them. With the measurement
    "elu" it is the CPU time of the runs that counts; with any other the run time, since waiting always counts.
    """
    if options.measurement == "elu":
        run = f"active_time.{_figure(options.elu)}"
    else:
        run = f"run_time.{_figure(options.run_time)}"
    figures = attrgetter(f"wait_time.{_figure(options.wait_time)}", run)

    def measured(node: WorkerNode) -> float | None:
        wait_seconds, run_seconds = figures(node.usage)
        return None if run_seconds is None else run_seconds + (wait_seconds or 0.0)

    return measured


def typical(times: Sequence[float | None]) -> Sequence[float]:
    """Put what is typical of the known times in the place of the unknown ones; no time at all counts as unknown."""
    if all(times):
        return times  # type: ignore[return-value]  # there is no None in it
    known = [time for time in times if time]
    usual = sum(known) / len(known) if known else UNKNOWN_SECONDS
    return [time or usual for time in times]


class Costs:
    """What a task costs a node compared to the others; typical is the mean over the nodes, as each was seen last."""

    def __init__(self, options: StrategyOptions) -> None:
        self._task_time = task_time(options)
        self._times: dict[int, float] = {}  # seconds, by node id
        self._sum = 0.0  # of the times
        self._next = 0

    def of(self, node: WorkerNode) -> float:
        """How many typical tasks one task at this node amounts to; 1 as long as nothing was measured there."""
        time = self._see(node)
        return time * len(self._times) / self._sum if time else 1.0

    def refresh(self, nodes: Sequence[WorkerNode]) -> None:
        """Look at one of the nodes, the next one each time: all of them would be too many for one choice."""
        self._next = (self._next + 1) % len(nodes)
        self._see(nodes[self._next])

    def forget(self, node: WorkerNode) -> None:
        """Drop the time of a node that is gone."""
        self._sum -= self._times.pop(node.id, 0.0)

    def _see(self, node: WorkerNode) -> float | None:
        time = self._task_time(node)
        if time:
            self._sum += time - self._times.get(node.id, 0.0)
            self._times[node.id] = time
        return time


def _figure(options: MeasurementOptions) -> str:
    return "median" if options.median else "average"
