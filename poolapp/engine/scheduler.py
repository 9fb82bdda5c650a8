"""Which task runs where and how many workers there are: messages in, decisions out; no threads, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from poolapp.engine.backoff import Backoff
from poolapp.engine.decisions import Conclude, Decision, Kill, Settle, Spawn, Stop, TakeBack, Tell
from poolapp.engine.errors import PoolDestroyed, PoolError, TaskAborted, WorkerLost, WorkerStartFailed
from poolapp.engine.node import NodeState, WorkerNode
from poolapp.engine.options import PoolOptions
from poolapp.engine.outcomes import Outcome, WorkerExit
from poolapp.engine.queues import TaskQueue
from poolapp.engine.restarting import WorkersRestart
from poolapp.engine.roster import Roster
from poolapp.engine.stealing import steal
from poolapp.engine.strategies import STRATEGIES
from poolapp.engine.tasks import Task, TaskState

# Tasks are committed ahead of the running one only as long as they amount to about this much, in two batches.
BATCH_SECONDS = 0.001
BATCHES_AHEAD = 2
TASKS_IN_A_BATCH = 128
# A batch number may only come round again when every batch before it has been read.
MAX_UNANSWERED_BATCHES = 200
# A running task that holds up others for this long turned out long: they are taken back.
STALL_SECONDS = 0.005
# As many failures to start in a row leave no hope for the tasks that wait.
HOPELESS_FAILURES = 3


@dataclass(slots=True)
class Totals:
    """The pool's books: submitted = executed + failed + cancelled + what runs or waits."""

    submitted: int = 0
    executed: int = 0
    failed: int = 0
    cancelled: int = 0
    restarts: int = 0
    busy: int = 0
    full: int = 0
    busy_time: float = 0.0  # seconds, of finished tasks


class Scheduler:
    """The state of one pool. Every message appends to `decisions`, which the caller takes and carries out.

    ahead: whether workers take tasks in batches, ahead of the one that they run.
    """

    def __init__(self, options: PoolOptions, *, ahead: bool) -> None:
        self.options = options
        self.ahead = ahead
        # Without replacement of its own accord, a worker comes back when there is work for it.
        self.grows = options.dynamic or not options.restart_worker_on_error
        self.limit = options.limit
        self.stealing = options.queue.task_stealing
        self.strategy = STRATEGIES[options.strategy]()
        self.roster = Roster()
        self.backlog = TaskQueue()  # tasks for which no worker is ready
        self.waiting = 0  # tasks in the backlog and in all queues
        self.busy_nodes = 0  # ready nodes that run something
        self.totals = Totals()
        self.deaths: dict[int, int] = {}  # unexpected ends of workers, by slot
        self.backoff = Backoff()
        self.restarts: list[WorkersRestart] = []
        self.decisions: list[Decision] = []
        self.stopping = False
        self.was_ready = self.was_busy = self.was_full = False

    # Tasks

    def submit(self, task: Task, now: float) -> None:
        """A task has come."""
        self.totals.submitted += 1
        self._place(task, now)
        grown = self.waiting and self.grows and self._grow(now)
        if grown or (self.busy_nodes >= self.limit and not self.was_busy):
            self._tell_edges()

    def finished(self, node: WorkerNode, outcomes: Sequence[Outcome], now: float) -> list[Task]:
        """A worker has answered its next tasks; returns them."""
        tasks = []
        for outcome in outcomes:
            task = node.answer(now)
            self._book(node, task, outcome)
            tasks.append(task)
        if not node.committed:
            self._became_idle(node, now)
        self._feed(node, now)
        if self.was_busy and self.busy_nodes < self.limit:
            self._tell_edges()
        return tasks

    def withdraw(self, task: Task) -> bool:
        """Forget a task that waits; False when it no longer does."""
        if task.state is not TaskState.QUEUED:
            return False
        queue = task.node.queue if task.node and task in task.node.queue else self.backlog
        queue.remove(task)
        self.waiting -= 1
        self.totals.cancelled += 1
        task.state = TaskState.CANCELLED
        return True

    def taken_back(
        self, node: WorkerNode, batch_numbers: Iterable[int], now: float, withdraw: Task | None = None
    ) -> bool:
        """Tasks that the worker will not begin are back: one of the batch for each of the numbers.

        Returns whether the task to `withdraw`, if any, was among them: it is forgotten, the others go on waiting.
        """
        self._queue_again(node, batch_numbers)
        if node.batches:
            node.batches[0].expected_time = float("inf")  # nothing more behind it
        withdrawn = withdraw is not None and self.withdraw(withdraw)
        if node.is_ready:
            self._recount_busy()
            self._feed(node, now)
            self._employ_idle(now)
        else:
            self._rehome(node.queue.clear(), now)
            self._stop_if_drained(node, now)
        return withdrawn

    # Workers

    def start(self, now: float) -> None:
        """Fill the pool up to its minimum."""
        self._ensure_minimum(now)
        self._tell_edges()

    def worker_ready(self, node: WorkerNode, pid: int | None, now: float) -> None:
        """A worker has started and waits for tasks."""
        node.pid = pid
        node.started_at = node.idle_since = now
        self.backoff.succeeded(node.slot)
        self.decisions.append(Tell("worker_online", _who(node)))
        if node.state is not NodeState.STARTING:
            return
        self.roster.set_state(node, NodeState.READY)
        self._replace_predecessor(node, now)
        self._rehome(self.backlog.clear(), now)
        self._find_work(node)
        self._feed(node, now)
        self._tell_edges()

    def exited(self, node: WorkerNode, exit: WorkerExit, batch_numbers: Iterable[int], now: float) -> None:
        """A worker is gone without having begun some tasks: one of the batch for each of the numbers."""
        expected, failed_to_start = node.exit_is_expected, node.started_at is None
        self._queue_again(node, batch_numbers)
        begun, queued = node.abandon(), node.queue.clear()
        self.roster.set_state(node, NodeState.GONE)
        self._recount_busy()
        reason = node.killed_because or exit.reason
        for task in begun:
            self._fail(task, self._loss(node, task, reason))
        self.decisions.append(Tell("worker_exit", {**_who(node), "expected": expected, "reason": reason}))
        if not expected:
            self.decisions.append(Tell("error", {**_who(node), "error": f"worker {node.id}: {reason}"}))
        self._rehome(queued, now)
        if not expected and failed_to_start:
            self.backoff.failed(node.slot, now)
            self._failed_to_start(node, WorkerStartFailed(exit.error or f"worker {node.id}: {reason}"))
        elif not expected:
            self.totals.restarts += 1
            self.deaths[node.slot] = self.deaths.get(node.slot, 0) + 1
        self._advance_restarts(node.id, now)
        self._staff(now)

    def restart(self, worker_ids: Iterable[int] | None, *, hard: bool, now: float) -> WorkersRestart:
        """Replace workers one after another, each drained first; `hard`: all at once, by killing them.

        Raises PoolError when an id is not that of a worker that is present.
        """
        present = {node.id: node for node in self.roster.present()}
        ids = sorted(present, key=lambda id: present[id].slot) if worker_ids is None else list(worker_ids)
        unknown = [id for id in ids if id not in present]
        if unknown:
            raise PoolError(f"no worker {unknown[0]!r} in the pool; there are {sorted(present)}")
        restart = WorkersRestart(ids)
        self.restarts.append(restart)
        if hard:
            while restart.waiting:
                self._begin_replacement(restart, now)
            for id in ids:
                self._kill(present[id], "killed by a hard restart", now)
        self._advance_restarts(None, now)
        return restart

    def abort(self, task: Task, reason: str, now: float) -> bool:
        """End the worker that runs the task; False when it does not run."""
        node = task.node
        if task.state is not TaskState.COMMITTED or node is None or node.front() is not task:
            return False
        task.abort_reason = reason
        self._kill(node, f"killed to abort {task.name}", now)
        return True

    def stop(self, now: float) -> None:
        """Take no part in anything any more: fail what waits, end every worker, kill those that are at work."""
        self.stopping = True
        waiting = [*self.backlog.clear(), *(task for node in self.roster for task in node.queue.clear())]
        self.waiting -= len(waiting)
        for task in waiting:
            self._fail(task, PoolDestroyed(f"the pool was destroyed before {task.name} could run"))
        for node in list(self.roster):
            if node.committed or node.state is NodeState.STARTING:
                self._kill(node, "killed because the pool was destroyed", now)
            else:
                self._retire(node, now)
        for restart in self.restarts:
            self.decisions.append(Conclude(restart, PoolDestroyed("the pool was destroyed")))
        self.restarts.clear()

    # Time

    def tick(self, now: float) -> None:
        """Time has passed."""
        for node in list(self.roster):
            if node.committed > 1 and now - node.front_since >= STALL_SECONDS and node.ending_since is None:
                self.decisions.append(TakeBack(node))
            elif self._overstays(node, now):
                self._kill(node, node.killed_because or "did not start in time", now, expected=node.exit_is_expected)
            elif self._is_surplus(node, now):
                self._retire(node, now)
        self._staff(now)

    def next_tick(self, now: float) -> float | None:
        """When time will matter next (a reading of the same clock), None while nothing depends on it."""
        times = [self.backoff.next_time(now)]
        for node in self.roster:
            if node.committed > 1:
                times.append(node.front_since + STALL_SECONDS)
            if (deadline := self._deadline(node)) is not None:
                times.append(deadline)
            elif node.dynamic and not node.load:
                times.append(node.idle_since + self.options.max_inactive_time)
        return min((time for time in times if time is not None), default=None)

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs or waits."""
        return not self.waiting and not any(node.committed for node in self.roster)

    @property
    def is_ready(self) -> bool:
        """Whether the minimum of workers is ready."""
        return sum(not node.dynamic for node in self.roster.eligible) >= self.options.min_size

    # How tasks move

    def _place(self, task: Task, now: float) -> None:
        """Give a task to a node, or keep it until there is one."""
        self.waiting += 1
        eligible = self.roster.eligible
        if not eligible:
            self._keep(task)
            return
        node = self.strategy.choose(eligible)
        task.node = node
        node.queue.push(task)
        if len(node.batches) < BATCHES_AHEAD:
            self._feed(node, now)

    def _keep(self, task: Task) -> None:
        """Keep a task that nobody can take now."""
        if self.stopping:
            self.waiting -= 1
            self._fail(task, PoolDestroyed(f"the pool was destroyed before {task.name} could run"))
        else:
            self.backlog.push(task)

    def _queue_again(self, node: WorkerNode, batch_numbers: Iterable[int]) -> None:
        """Put tasks that the worker will not begin back to the front of the node's queue."""
        tasks = [node.take_back(number) for number in batch_numbers]
        tasks.sort(key=lambda task: task.number)
        for task in tasks:
            task.state = TaskState.QUEUED
        self.waiting += len(tasks)
        node.queue.push_front(tasks)

    def _rehome(self, tasks: Iterable[Task], now: float) -> None:
        """Find other places for tasks that were waiting."""
        for task in tasks:
            self.waiting -= 1
            self._place(task, now)

    def _feed(self, node: WorkerNode, now: float) -> None:
        """Commit what waits at a node, as far as its window allows."""
        queue, batches = node.queue, node.batches
        if not queue or not node.is_ready or (batches and not self._may_run_ahead(node)):
            return
        tasks: list[Task] = []
        expected_time = 0.0
        while queue and len(tasks) < (TASKS_IN_A_BATCH if self.ahead else 1):
            cost = queue.first().known.expected
            if (tasks or batches) and expected_time + cost > BATCH_SECONDS:
                break
            task = queue.pop()
            task.state, task.node = TaskState.COMMITTED, node
            tasks.append(task)
            expected_time += cost
        if tasks:
            self.waiting -= len(tasks)
            self.busy_nodes += not node.committed
            self.decisions.append(node.commit(tasks, expected_time, now))

    def _may_run_ahead(self, node: WorkerNode) -> bool:
        return (
            self.ahead
            and len(node.batches) < BATCHES_AHEAD
            and node.batches[0].expected_time <= BATCH_SECONDS
            and node.unanswered_batches < MAX_UNANSWERED_BATCHES
        )

    def _became_idle(self, node: WorkerNode, now: float) -> None:
        node.idle_since = now
        if node.is_ready:
            self.busy_nodes -= 1
            self._find_work(node)
        else:
            self._stop_if_drained(node, now)

    def _find_work(self, node: WorkerNode) -> None:
        """Let a node without work steal some."""
        if self.waiting and not node.queue and self.stealing and node.is_ready:
            steal(node, self.roster)

    def _employ_idle(self, now: float) -> None:
        for node in self.roster.eligible:
            if not node.committed:
                self._find_work(node)
                self._feed(node, now)

    def _book(self, node: WorkerNode, task: Task, outcome: Outcome) -> None:
        usage, run_time = node.usage, outcome.run_time
        task.started_at, task.run_time = outcome.started_at, run_time
        self.totals.busy_time += run_time
        task.known.learn(run_time)
        usage.wait_time.record(outcome.started_at - task.queued_at)
        if outcome.error is None:
            task.state = TaskState.EXECUTED
            self.totals.executed += 1
            usage.executed += 1
            usage.run_time.record(run_time)
        else:
            task.state = TaskState.FAILED
            self.totals.failed += 1
            usage.failed += 1

    def _fail(self, task: Task, error: PoolError) -> None:
        task.state = TaskState.FAILED
        self.totals.failed += 1
        self.decisions.append(Settle(task, error))

    def _loss(self, node: WorkerNode, task: Task, reason: str) -> PoolError:
        if task.abort_reason is not None:
            return TaskAborted(f"{task.name} was aborted: {task.abort_reason}")
        if self.stopping:
            return PoolDestroyed(f"the pool was destroyed while {task.name} ran")
        return WorkerLost(f"worker {node.id} (process {node.pid}) was lost while it ran {task.name}: {reason}")

    # How workers come and go

    def _staff(self, now: float) -> None:
        """See to it that there are enough workers, after something has changed."""
        if not self.stopping:
            if self.options.restart_worker_on_error:
                self._ensure_minimum(now)
            self._grow(now)
        self._tell_edges()

    def _ensure_minimum(self, now: float) -> None:
        """Start workers until the minimum is there; does nothing when it is."""
        missing = self.options.min_size - sum(not node.dynamic for node in self.roster.present())
        for slot in list(self.roster.free_slots(self.limit))[: max(0, missing)]:
            if self.backoff.allows(slot, now):
                self._spawn(slot, dynamic=False, now=now)

    def _grow(self, now: float) -> bool:
        """Start one more worker when tasks wait that the starting ones will not take."""
        if not self.waiting or not self.grows or self.stopping or len(self.roster.nodes) >= self.limit:
            return False
        slot = next(self.roster.free_slots(self.limit), None)
        if slot is None or self.roster.starting() >= self.waiting or not self.backoff.allows(slot, now):
            return False
        permanent = sum(not node.dynamic for node in self.roster.present())
        self._spawn(slot, dynamic=permanent >= self.options.min_size, now=now)
        return True

    def _spawn(self, slot: int, *, dynamic: bool, now: float) -> WorkerNode:
        node = self.roster.add(slot, dynamic=dynamic, now=now)
        self.decisions.append(Spawn(node))
        return node

    def _retire(self, node: WorkerNode, now: float) -> None:
        """Let a worker finish what it runs, move the rest elsewhere, then stop it."""
        self.roster.set_state(node, NodeState.RETIRING)
        self._recount_busy()
        if node.committed > 1:
            self.decisions.append(TakeBack(node))
        self._rehome(node.queue.clear(), now)
        self._stop_if_drained(node, now)

    def _stop_if_drained(self, node: WorkerNode, now: float) -> None:
        if not node.committed and node.ending_since is None:
            node.ending_since = now
            node.exit_is_expected = True
            node.killed_because = "retired"
            self.decisions.append(Stop(node))

    def _kill(self, node: WorkerNode, reason: str, now: float, *, expected: bool = True) -> None:
        """End a worker whatever it does; its queue waits for the exit."""
        if node.is_present:
            self.roster.set_state(node, NodeState.RETIRING)
            self._recount_busy()
        node.ending_since = now
        node.exit_is_expected = expected
        node.killed_because = reason
        self.decisions.append(Kill(node))

    def _failed_to_start(self, node: WorkerNode, error: WorkerStartFailed) -> None:
        """Tell those who wait for the worker, when there is no hope for them."""
        for restart in [r for r in self.restarts if r.predecessor_of(node.id) is not None]:
            self.restarts.remove(restart)
            self.decisions.append(Conclude(restart, error))
        if not self.roster.eligible and self.backoff.failures(node.slot) >= HOPELESS_FAILURES:
            hopeless = self.backlog.clear()
            self.waiting -= len(hopeless)
            for task in hopeless:
                self._fail(task, error)

    def _overstays(self, node: WorkerNode, now: float) -> bool:
        deadline = self._deadline(node)
        return deadline is not None and now >= deadline

    def _deadline(self, node: WorkerNode) -> float | None:
        """When a worker that starts or ends must have done so."""
        if node.ending_since is not None:
            return node.ending_since + self.options.stop_timeout
        if node.state is NodeState.STARTING:
            return node.spawned_at + self.options.start_timeout
        return None

    def _is_surplus(self, node: WorkerNode, now: float) -> bool:
        idle = node.is_ready and not node.load
        return node.dynamic and idle and now - node.idle_since >= self.options.max_inactive_time

    # Restarts

    def _advance_restarts(self, gone: int | None, now: float) -> None:
        """Go on with the first restart, after `gone` has ended."""
        for restart in list(self.restarts):
            if gone is not None:
                restart.gone(gone)
            if restart is self.restarts[0]:
                while restart.waiting and not restart.successor:
                    self._begin_replacement(restart, now)
            if restart.is_complete:
                self.restarts.remove(restart)
                self.decisions.append(Conclude(restart))

    def _begin_replacement(self, restart: WorkersRestart, now: float) -> None:
        old = self.roster.nodes.get(restart.waiting.popleft())
        if old is not None and old.is_present:
            restart.successor[old.id] = self._spawn(old.slot, dynamic=old.dynamic, now=now).id

    def _replace_predecessor(self, node: WorkerNode, now: float) -> None:
        for restart in self.restarts:
            old = self.roster.nodes.get(restart.predecessor_of(node.id) or 0)
            if old is not None and old.is_present:
                self._retire(old, now)

    # Edges

    def _recount_busy(self) -> None:
        self.busy_nodes = sum(1 for node in self.roster.eligible if node.committed)

    def _tell_edges(self) -> None:
        """Tell when the pool becomes ready, busy or full, and when it no longer is."""
        if self.is_ready and not self.was_ready and not self.stopping and self.roster.nodes:
            self.was_ready = True
            self.decisions.append(Tell("ready"))
        is_busy = self.busy_nodes >= self.limit
        if is_busy is not self.was_busy:
            self.was_busy = is_busy
            self.totals.busy += is_busy
            self.decisions.append(Tell("busy" if is_busy else "busy_end"))
        is_full = self.options.dynamic and len(self.roster.present()) >= self.limit
        if is_full is not self.was_full:
            self.was_full = is_full
            self.totals.full += is_full
            self.decisions.append(Tell("full" if is_full else "full_end"))


def _who(node: WorkerNode) -> dict[str, int | None]:
    return {"worker": node.id, "slot": node.slot, "worker_pid": node.pid}
