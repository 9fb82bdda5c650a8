"""Which task runs where and how many workers there are: messages in, decisions out; no threads, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from poolapp.engine.decisions import Decision, TakeBack, Tell
from poolapp.engine.dispatcher import Dispatcher
from poolapp.engine.errors import PoolDestroyed, PoolError, TaskAborted, WorkerLost, WorkerStartFailed
from poolapp.engine.node import NodeState, WorkerNode
from poolapp.engine.options import PoolOptions
from poolapp.engine.outcomes import Outcome, WorkerExit
from poolapp.engine.restarting import WorkersRestart
from poolapp.engine.staff import Staff
from poolapp.engine.state import PoolState
from poolapp.engine.tasks import Task, TaskState

# A running task that holds up others for this long turned out long: they are taken back.
STALL_SECONDS = 0.005


class Scheduler:
    """Takes every message about a pool. What is to be done about it, the caller takes and carries out, in order."""

    def __init__(self, options: PoolOptions, *, ahead: bool) -> None:
        self.state = PoolState(options, ahead)
        self._dispatcher = Dispatcher(self.state)
        self._staff = Staff(self.state, self._dispatcher)
        self._limit = options.limit
        self.was_ready = self.was_busy = self.was_full = False

    def take_decisions(self) -> list[Decision]:
        """What has been decided since the last time."""
        decisions = self.state.decisions
        if decisions:
            self.state.decisions = []
        return decisions

    # Tasks

    def submit(self, task: Task, now: float) -> None:
        """A task has come."""
        state, staff = self.state, self._staff
        state.totals.submitted += 1
        self._dispatcher.place(task, now)
        grown = state.waiting and staff.grows and staff.grow(now)
        if grown or (state.busy_nodes >= self._limit and not self.was_busy):
            self._tell_edges()

    def finished(self, node: WorkerNode, outcomes: Sequence[Outcome], now: float) -> list[Task]:
        """A worker has answered its next tasks; returns them."""
        tasks = []
        for outcome in outcomes:
            task = node.answer(now)
            self._dispatcher.book(node, task, outcome)
            tasks.append(task)
        if not node.committed:
            self._became_idle(node, now)
        self._dispatcher.feed(node, now)
        if self.was_busy and self.state.busy_nodes < self._limit:
            self._tell_edges()
        return tasks

    def withdraw(self, task: Task) -> bool:
        """Forget a task that waits; False when it no longer does."""
        return self._dispatcher.withdraw(task)

    def taken_back(
        self, node: WorkerNode, batch_numbers: Iterable[int], now: float, withdraw: Task | None = None
    ) -> bool:
        """Tasks that the worker will not begin are back: one of the batch for each of the numbers.

        Returns whether the task to `withdraw`, if any, was among them: it is forgotten, the others go on waiting.
        """
        self._dispatcher.queue_again(node, batch_numbers)
        if node.batches:
            node.batches[0].expected_time = float("inf")  # nothing more behind it
        withdrawn = withdraw is not None and self._dispatcher.withdraw(withdraw)
        if node.is_ready:
            self.state.recount_busy()
            self._dispatcher.feed(node, now)
            self._dispatcher.employ_idle(now)
        else:
            self._dispatcher.rehome(node.queue.clear(), now)
            self._staff.stop_if_drained(node, now)
        self._tell_edges()
        return withdrawn

    def skipped(self, node: WorkerNode, batch_number: int, now: float) -> None:
        """The worker has read a batch of which everything, or the rest, was taken back."""
        node.last_answered = batch_number
        self._dispatcher.feed(node, now)

    def abort(self, task: Task, reason: str, now: float) -> bool:
        """End the worker that runs the task; False when it does not run."""
        node = task.node
        if task.state is not TaskState.COMMITTED or node is None or node.front() is not task:
            return False
        task.abort_reason = reason
        self._staff.kill(node, f"killed to abort {task.name}", now)
        self._tell_edges()
        return True

    # Workers

    def start(self, now: float) -> None:
        """Fill the pool up to its minimum."""
        self._staff.ensure_minimum(now)
        self._tell_edges()

    def worker_ready(self, node: WorkerNode, pid: int | None, now: float) -> None:
        """A worker has started and waits for tasks."""
        node.pid = pid
        node.started_at = node.idle_since = now
        self.state.decisions.append(Tell("worker_online", _who(node)))
        self._staff.welcome(node, now)
        if node.is_ready:
            self._dispatcher.rehome(self.state.backlog.clear(), now)
            self._dispatcher.find_work(node)
            self._dispatcher.feed(node, now)
        self._tell_edges()

    def exited(self, node: WorkerNode, exit: WorkerExit, batch_numbers: Iterable[int], now: float) -> None:
        """A worker is gone without having begun some tasks: one of the batch for each of the numbers."""
        self._dispatcher.queue_again(node, batch_numbers)
        begun, queued = node.abandon(), node.queue.clear()
        self.state.roster.set_state(node, NodeState.GONE)
        self.state.recount_busy()
        reason = node.killed_because or exit.reason
        for task in begun:
            self._dispatcher.fail(task, self._loss(node, task, reason))
        self._tell_exit(node, reason)
        self._dispatcher.rehome(queued, now)
        failed_to_start = node.started_at is None and not node.exit_is_expected
        failure = WorkerStartFailed(exit.error or f"{_title(node)}: {reason}") if failed_to_start else None
        self._staff.bury(node, failure, now)
        self._tell_edges()

    def restart(self, worker_ids: Iterable[int] | None, *, hard: bool, now: float) -> WorkersRestart:
        """Replace workers; see Staff.restart."""
        restart = self._staff.restart(worker_ids, hard=hard, now=now)
        self._tell_edges()
        return restart

    def stop(self, now: float) -> None:
        """Take no part in anything any more: fail what waits, end every worker, kill those that are at work."""
        state = self.state
        state.stopping = True
        self._dispatcher.fail_waiting(state.backlog.clear())
        for node in state.roster:
            self._dispatcher.fail_waiting(node.queue.clear())
        self._staff.dismiss_all(now)
        self._tell_edges()

    # Time

    def tick(self, now: float) -> None:
        """Time has passed."""
        for node in list(self.state.roster):
            if node.committed > 1 and now - node.front_since >= STALL_SECONDS and node.ending_since is None:
                self.state.decisions.append(TakeBack(node))
            self._staff.watch(node, now)
        self._staff.review(now)
        self._tell_edges()

    def next_tick(self, now: float) -> float | None:
        """When time will matter next (a reading of the same clock), None while nothing depends on it."""
        times = [self._staff.next_start(now)]
        for node in self.state.roster:
            times.append(self._staff.next_time(node, now))
            if node.committed > 1 and node.ending_since is None:
                times.append(node.front_since + STALL_SECONDS)
        return min((time for time in times if time is not None), default=None)

    # Helpers

    def _became_idle(self, node: WorkerNode, now: float) -> None:
        node.idle_since = now
        if node.is_ready:
            self.state.busy_nodes -= 1
            self._dispatcher.find_work(node)
        else:
            self._staff.stop_if_drained(node, now)

    def _loss(self, node: WorkerNode, task: Task, reason: str) -> PoolError:
        """Why a task that had begun has no outcome."""
        if task.abort_reason is not None:
            return TaskAborted(f"{task.name} was aborted: {task.abort_reason}")
        if self.state.stopping:
            return PoolDestroyed(f"the pool was destroyed while {task.name} ran")
        return WorkerLost(f"{_title(node)} was lost while it ran {task.name}: {reason}")

    def _tell_exit(self, node: WorkerNode, reason: str) -> None:
        who, expected = _who(node), node.exit_is_expected
        self.state.decisions.append(Tell("worker_exit", {**who, "expected": expected, "reason": reason}))
        if not expected:
            self.state.decisions.append(Tell("error", {**who, "error": f"{_title(node)}: {reason}"}))

    def _tell_edges(self) -> None:
        """Tell when the pool becomes ready, busy or full, and when it no longer is."""
        state = self.state
        if not self.was_ready and state.is_ready and not state.stopping:
            self.was_ready = True
            state.decisions.append(Tell("ready"))
        is_busy = state.busy_nodes >= self._limit
        if is_busy is not self.was_busy:
            self.was_busy = is_busy
            state.totals.busy += is_busy
            state.decisions.append(Tell("busy" if is_busy else "busy_end"))
        is_full = state.options.dynamic and len(state.roster.present()) >= self._limit
        if is_full is not self.was_full:
            self.was_full = is_full
            state.totals.full += is_full
            state.decisions.append(Tell("full" if is_full else "full_end"))


def _title(node: WorkerNode) -> str:
    """A worker as people know it: by its slot, as on the dashboard, and its process."""
    return f"the worker in slot {node.slot}" + (f" (process {node.pid})" if node.pid else "")


def _who(node: WorkerNode) -> dict[str, int | None]:
    return {"worker": node.id, "slot": node.slot, "worker_pid": node.pid}
