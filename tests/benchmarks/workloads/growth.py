"""Growth: whether a task costs more in a pool with many workers, or with many tasks that wait."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import product
from typing import NamedTuple

from poolapp.engine.strategies import STRATEGIES
from tests.benchmarks.figures import Figure, Sheet
from tests.benchmarks.workloads.base import Plan, Tell, Workload, turns
from tests.benchmarks.workloads.lifecycle_probes import Probe, probe

ABOUT = (
    "CPU time to submit a task and to finish one (execute, and the report of a worker) while all workers are busy and"
    " so many tasks wait; one thread does both, and only it counts. Workers are simulated: they answer when they are"
    " told to, the longest busy one first, that their task took 10 ms; nothing is pickled or sent. The garbage"
    " collector is off and what waits is frozen, unless it says otherwise; each pool is in a process of its own."
)
NODES, QUEUED = (4, 64, 1_000), (1_000, 100_000, 1_000_000)
STEPS, STEPS_OF_OTHERS = 20_000, 2_000
USUAL = "least_used"
COLLECTING = f"poolapp, {USUAL}, with GC"


class Crowd(NamedTuple):
    """A pool that is measured: its strategy, its workers, the tasks that wait in it."""

    strategy: str
    nodes: int
    queued: int

    @property
    def subject(self) -> str:
        return f"poolapp, {self.strategy}"

    @property
    def quantity(self) -> str:
        return f"{self.nodes:,} nodes, {self.queued:,} queued"


def run(plan: Plan, tell: Tell) -> Iterable[Figure]:
    sheet, every = Sheet("growth"), {f"{crowd.subject}, {crowd.quantity}": crowd for crowd in crowds()}
    with ExitStack() as stack:
        probes = {}
        for name, crowd in every.items():
            tell(f"fills {name}")
            queued = plan.count(crowd.queued)
            probes[name] = stack.enter_context(probe("growth_probe", crowd.nodes, queued, crowd.strategy))
            probes[name].ask("fill")
        for name in turns(every, plan, tell):
            measure(sheet, every[name], probes[name], plan)
    subjects = dict.fromkeys(crowd.subject for crowd in every.values())
    sizes = [crowd.quantity for crowd in every.values()]
    return sorted(sheet.figures([*subjects, COLLECTING]), key=lambda figure: sizes.index(figure.quantity))


def measure(sheet: Sheet, crowd: Crowd, asked: Probe, plan: Plan) -> None:
    if crowd.strategy != USUAL:
        cost = asked.ask("cost", count=plan.count(STEPS_OF_OTHERS), collecting=False)
        sheet.add(crowd.subject, crowd.quantity, "µs", cost)
        return
    for collecting, subject in {False: crowd.subject, True: COLLECTING}.items():
        cost = asked.ask("cost", count=plan.count(STEPS), collecting=collecting)
        sheet.add(subject, crowd.quantity, "µs", cost)


def crowds() -> Iterator[Crowd]:
    """The usual strategy with all sizes, the others with few tasks."""
    for nodes, queued in product(NODES, QUEUED):
        yield Crowd(USUAL, nodes, queued)
    for strategy, nodes in product(STRATEGIES, (NODES[0], NODES[-1])):
        if strategy != USUAL:
            yield Crowd(strategy, nodes, QUEUED[0])


GROWTH = Workload("growth", ABOUT, run)
