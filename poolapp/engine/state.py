"""The state of one pool, as plain data: what the scheduler reads and changes, and a snapshot shows."""

from __future__ import annotations

from dataclasses import dataclass, field

from poolapp.engine.decisions import Decision
from poolapp.engine.options import PoolOptions
from poolapp.engine.queues import TaskQueue
from poolapp.engine.roster import Roster


@dataclass(slots=True)
class Totals:
    """The pool's books: submitted = executed + failed + cancelled + what runs or waits."""

    submitted: int = 0
    executed: int = 0
    failed: int = 0
    cancelled: int = 0
    restarts: int = 0  # workers that ended unexpectedly
    busy: int = 0  # how often the pool has become busy
    full: int = 0  # how often it has become full
    busy_time: float = 0.0  # seconds, of finished tasks


@dataclass(slots=True)
class PoolState:
    """Everything about a pool that is not a thread, a socket or a clock.

    ahead: whether workers take tasks in batches, ahead of the one that they run.
    """

    options: PoolOptions
    ahead: bool
    roster: Roster = field(default_factory=Roster)
    backlog: TaskQueue = field(default_factory=TaskQueue)  # tasks for which no worker is ready
    waiting: int = 0  # tasks in the backlog and in all queues
    busy_nodes: int = 0  # ready nodes that run something
    totals: Totals = field(default_factory=Totals)
    deaths: dict[int, int] = field(default_factory=dict)  # unexpected ends of workers, by slot
    decisions: list[Decision] = field(default_factory=list)  # what is to be carried out
    stopping: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether the minimum of workers is ready."""
        return sum(not node.dynamic for node in self.roster.eligible) >= self.options.min_size

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs or waits."""
        return not self.waiting and not any(node.committed for node in self.roster)

    def recount_busy(self) -> None:
        """Count busy nodes afresh, after a node has changed its state."""
        self.busy_nodes = sum(1 for node in self.roster.eligible if node.committed)
