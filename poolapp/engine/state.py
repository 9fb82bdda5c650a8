"""The state of one pool, as plain data: what the scheduler reads and changes, and a snapshot shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from poolapp.engine.decisions import Decision
from poolapp.engine.errors import PoolError
from poolapp.engine.node import WorkerNode
from poolapp.engine.options import PoolOptions
from poolapp.engine.queues import TaskQueue
from poolapp.engine.roster import Roster
from poolapp.engine.statistics import TaskUsage
from poolapp.engine.tasks import KnownFunction, Task

# Statistics are kept for so many names of tasks; those of all further names are kept together.
MOST_NAMES = 200
OTHER_NAMES = "(others)"


@dataclass(slots=True)
class Totals:
    """The pool's books: submitted = executed + failed + cancelled + what runs or waits."""

    submitted: int = 0
    executed: int = 0
    failed: int = 0
    cancelled: int = 0
    restarts: int = 0  # workers that ended unexpectedly
    retried: int = 0  # tasks that run once more because they were lost with their worker
    recycled: int = 0  # workers that were replaced because they had done, or had become, enough
    unknown: int = 0  # messages about what is not known here
    busy: int = 0  # how often the pool has become busy
    full: int = 0  # how often it has become full
    back_pressure: int = 0  # how often all its queues have become too long
    busy_time: float = 0.0  # seconds, of tasks that have ended or were lost


@dataclass(slots=True)
class PoolState:
    """Everything about a pool that is not a thread, a socket or a clock.

    ahead: whether workers take tasks in batches, ahead of the one that they run.
    can_interrupt: whether running tasks can be asked to end.
    can_freeze: whether workers are processes of their own, of which one never knows.
    """

    options: PoolOptions
    ahead: bool
    can_interrupt: bool
    can_freeze: bool = False
    roster: Roster = field(default_factory=Roster)
    limit: int = field(init=False)  # the largest number of workers, at hand
    is_choosy: bool = field(init=False)  # whether every task has to be checked before it is submitted
    # Whether workers are started for tasks that wait; without replacement of its own accord one comes back so.
    grows: bool = field(init=False)
    backlog: TaskQueue = field(default_factory=TaskQueue)  # tasks for which no worker is ready
    waiting: int = 0  # tasks in the backlog and in all queues
    busy_nodes: int = 0  # ready nodes that run as many tasks as they may
    pressed_nodes: int = 0  # ready nodes whose queues are as long as their threshold, or longer
    totals: Totals = field(default_factory=Totals)
    names: dict[str, TaskUsage] = field(default_factory=dict)  # what the tasks of each name have done
    deaths: dict[int, int] = field(default_factory=dict)  # unexpected ends of workers, by slot
    troubles: dict[int, str] = field(default_factory=dict)  # why the workers of a slot do not last, by slot
    hopeless: tuple[PoolError, float] | None = None  # why no worker can be had, and until when nobody tries again
    decisions: list[Decision] = field(default_factory=list)  # what is to be carried out
    pressure_moved: bool = False  # whether `pressed_nodes` has changed since that was last looked at
    was_busy: bool = False  # whether the pool was busy when that was last told
    paused: bool = False
    draining: bool = False
    stopping: bool = False

    def __post_init__(self) -> None:
        self.use(self.options)

    def use(self, options: PoolOptions) -> None:
        """Go by other options from now on."""
        self.options = options
        self.limit = options.limit
        self.is_choosy = self.draining or options.queue.limit is not None
        self.grows = options.dynamic or not options.restart_worker_on_error

    def drain(self, draining: bool = True) -> None:
        """Take no more tasks, or take them again."""
        self.draining = draining
        self.use(self.options)

    @property
    def is_ready(self) -> bool:
        """Whether the minimum of workers is ready."""
        return sum(not node.dynamic for node in self.roster.eligible) >= self.options.min_size

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs or waits."""
        return not self.waiting and not any(node.committed for node in self.roster)

    @property
    def is_busy(self) -> bool:
        """Whether there are as many workers as there may be, all with as many tasks as they may run."""
        return self.busy_nodes >= self.limit

    @property
    def is_full(self) -> bool:
        """Whether a dynamic pool has as many workers as it may have."""
        return self.options.dynamic and len(self.roster.present()) >= self.options.limit

    @property
    def is_empty(self) -> bool:
        """Whether a pool that may be without workers is."""
        return self.options.min_size == 0 and not self.roster.nodes and not self.stopping

    @property
    def is_pressed(self) -> bool:
        """Whether every worker's queue is too long, and there can be no more workers."""
        present = self.roster.present()
        is_final = self.is_full or not self.options.dynamic
        return is_final and bool(present) and self.pressed_nodes == len(present)

    @property
    def is_degraded(self) -> bool:
        """Whether there are slots whose workers do not last."""
        return bool(self.troubles)

    @property
    def trouble(self) -> str | None:
        """Which slots are in trouble, and why the latest of them; None while none is."""
        if not self.troubles:
            return None
        slots, reason = ", ".join(map(str, sorted(self.troubles))), list(self.troubles.values())[-1]
        return f"no worker lasts in slot {slots}: {reason.strip().splitlines()[-1]}"

    @property
    def queued(self) -> int:
        """Tasks that wait, also those in the hands of workers."""
        return len(self.backlog) + sum(node.queued for node in self.roster)

    def waiting_tasks(self) -> Iterator[Task]:
        """The tasks in the backlog and in all queues."""
        yield from self.backlog
        for node in self.roster:
            yield from node.queue

    def tasks(self) -> Iterator[Task]:
        """All tasks that wait or run."""
        yield from self.waiting_tasks()
        for node in self.roster:
            yield from node.at_hand()

    def has_room_for(self, slots: Sequence[int] | None) -> bool:
        """Whether a task that may run in these slots (None: all) could begin at once."""
        return any(not node.is_full for node in self.eligible_for(slots))

    def has_no_slot_of(self, slots: Sequence[int] | None) -> bool:
        """Whether the pool is too small for a task that may run in these slots (None: all)."""
        return slots is not None and slots[0] >= self.options.limit

    def eligible_for(self, slots: Sequence[int] | None) -> Sequence[WorkerNode]:
        """The nodes that may be given a task that may run in these slots (None: all)."""
        if self.paused:
            return ()
        eligible = self.roster.eligible
        return eligible if slots is None else [node for node in eligible if node.slot in slots]

    def usage_of(self, known: KnownFunction) -> TaskUsage:
        """The statistics of a function's tasks."""
        if known.usage is None:
            name = known.task_function.name
            if name not in self.names and len(self.names) >= MOST_NAMES:
                name = OTHER_NAMES
            known.usage = self.names.setdefault(name, TaskUsage())
        return known.usage

    def recount(self) -> None:
        """Count nodes afresh, after one has changed its state."""
        eligible = self.roster.eligible
        self.busy_nodes = sum(1 for node in eligible if node.is_full)
        self.pressed_nodes = sum(1 for node in eligible if node.is_pressed)
