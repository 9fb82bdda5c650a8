"""Which task runs where and how many workers there are: messages in, decisions out; no threads, no clock."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from poolapp.engine.checkups import Checkups
from poolapp.engine.decisions import Decision, TakeBack, Tell
from poolapp.engine.dispatcher import Dispatcher
from poolapp.engine.edges import Edges
from poolapp.engine.errors import InvalidOption, PoolDraining, PoolError, QueueFull, TaskAborted
from poolapp.engine.interrupting import Interrupter
from poolapp.engine.losses import Losses
from poolapp.engine.node import Batch, NodeState, WorkerNode
from poolapp.engine.options import PoolOptions
from poolapp.engine.outcomes import Outcome, WorkerExit
from poolapp.engine.queues import may_run
from poolapp.engine.reconfiguring import Reconfigurer
from poolapp.engine.restarting import WorkersRestart
from poolapp.engine.roster import Roster
from poolapp.engine.staff import Staff
from poolapp.engine.state import PoolState
from poolapp.engine.tasks import Task, TaskState

# A running task that holds up others for this long turned out long: they are taken back.
STALL_SECONDS = 0.005


class Scheduler:
    """Takes every message about a pool. What is to be done about it, the caller takes and carries out, in order."""

    def __init__(
        self,
        options: PoolOptions,
        *,
        ahead: bool,
        can_interrupt: bool = True,
        can_freeze: bool = False,
        ids: Iterator[int] | None = None,
    ) -> None:
        self.state = PoolState(options, ahead, can_interrupt, can_freeze, Roster(ids))
        self._dispatcher = Dispatcher(self.state)
        self._staff = Staff(self.state, self._dispatcher)
        self._losses = Losses(self.state, self._dispatcher)
        self._checkups = Checkups(self.state, self._staff)
        self._interrupter = Interrupter(self.state, self._dispatcher, self._staff)
        self._reconfigurer = Reconfigurer(self.state, self._dispatcher, self._staff)
        self._edges = Edges(self.state)

    def succeed(self, other: Scheduler) -> None:
        """Take over what another scheduler has counted and told, but none of its workers and tasks."""
        state, before = self.state, other.state
        state.totals, state.names, state.deaths = before.totals, before.names, before.deaths
        state.paused, state.stopping = before.paused, before.stopping
        state.drain(before.draining)
        state.totals.submitted = state.totals.executed + state.totals.failed + state.totals.cancelled
        for usage in state.names.values():
            usage.submitted = usage.executed + usage.failed + usage.cancelled
        self._edges.succeed(other._edges)

    def take_decisions(self) -> list[Decision]:
        """What has been decided since the last time."""
        decisions = self.state.decisions
        if decisions:
            self.state.decisions = []
        return decisions

    # Tasks

    def check(self, task: Task) -> None:
        """Raise QueueFull or PoolDraining when a task cannot be taken, InvalidOption where no slot is its own."""
        state, slots = self.state, task.function.workers
        if slots is not None and slots[-1] >= state.options.limit:
            raise InvalidOption(
                f"workers must be slots below max_size, here {state.options.limit}, not {slots[-1]} (of {task.name})"
            )
        if state.draining:
            raise PoolDraining(f"the pool only finishes the tasks that it has; {task.name} was not taken")
        if not self.has_room(task):
            raise QueueFull(f"{state.queued} tasks wait, as many as queue.limit allows; {task.name} was not taken")

    def has_room(self, task: Task) -> bool:
        """Whether a task may be submitted: it need not wait, or fewer wait than may."""
        state = self.state
        if state.draining:
            return False
        limit = state.options.queue.limit
        return limit is None or state.queued < limit or state.has_room_for(task.function.workers)

    def submit(self, task: Task, now: float) -> None:
        """A task has come."""
        state = self.state
        state.totals.submitted += 1
        (task.known.usage or state.usage_of(task.known)).submitted += 1
        self._dispatcher.place(task, now)
        has_grown = state.grows and state.waiting and self._staff.grow(now)
        if has_grown or state.pressure_moved or (state.busy_nodes >= state.limit) is not state.was_busy:
            self._edges.tell()

    def refuse(self, task: Task, error: PoolError) -> None:
        """A task has come that must not run."""
        self.state.totals.submitted += 1
        self.state.usage_of(task.known).submitted += 1
        self._dispatcher.fail(task, error)

    def finished(
        self, node: WorkerNode, outcomes: Sequence[Outcome], now: float, ended: list[tuple[Task, Outcome]]
    ) -> None:
        """A worker has answered tasks; adds to `ended` each with its outcome, without what is not known here."""
        state = self.state
        was_full = node.committed >= node.quota
        for outcome in outcomes:
            task = node.answer(outcome.batch_number, now)
            if task is None:
                state.totals.unknown += 1
                continue
            if task.interruption is not None and outcome.error is not None:
                outcome = outcome._replace(error=task.interruption.error(outcome.error))
            ended.append((task, outcome))
            self._dispatcher.book(node, task, outcome)
        if ended:
            state.roster.eligible.eased(node)
            self._has_room(node, was_full, now)
        if state.pressure_moved or (state.busy_nodes >= state.limit) is not state.was_busy:
            self._edges.tell()

    def withdraw(self, task: Task) -> bool:
        """Forget a task that waits; False when it no longer does."""
        withdrawn = self._dispatcher.withdraw(task)
        self._edges.tell()
        return withdrawn

    def lend(self, node: WorkerNode, task: Task, now: float) -> Batch | None:
        """Give a task that waits to a worker beyond its quota, whose task waits for it; None when that cannot be."""
        is_here = node.state is not NodeState.GONE and may_run(task.function.lane[1], node.slot)
        if not is_here or self.state.paused or task.state is not TaskState.QUEUED:
            return None
        batch = self._dispatcher.lend(node, task, now)
        self._edges.tell()
        return batch

    def taken_back(self, node: WorkerNode, batch_numbers: Iterable[int], now: float) -> None:
        """Tasks that the worker will not begin are back: one of the batch for each of the numbers."""
        self._dispatcher.queue_again(node, batch_numbers, now)
        if node.batches:
            node.batches[0].expected_time = math.inf  # nothing more behind it, and nothing to be taken back again
        self.state.recount()

    def go_on(self, node: WorkerNode, now: float) -> None:
        """Give out again what was taken back from a node, and is still wanted."""
        if node.is_ready:
            self._dispatcher.feed(node, now)
            self._dispatcher.employ_idle(now)
        else:
            self._dispatcher.rehome(self._dispatcher.clear(node), now)
            self._staff.stop_if_drained(node, now)
        self._edges.tell()

    def skipped(self, node: WorkerNode, batch_number: int, now: float) -> None:
        """The worker has read a batch of which everything, or the rest, was taken back."""
        node.has_read(batch_number)
        self._dispatcher.feed(node, now)
        self._edges.tell()

    def abort(self, task: Task, reason: str, now: float) -> bool:
        """End a task: fail it where it waits, ask it to end where it runs; False where neither is possible."""
        if task.state is not TaskState.QUEUED:
            return self._interrupter.abort(task, reason, now)
        self._dispatcher.fail_waiting_task(task, TaskAborted(f"{task.name} was aborted: {reason}"))
        self._edges.tell()
        return True

    def give_up(self, node: WorkerNode, task: Task, now: float) -> None:
        """End a task that did not end when it was asked to, after `taken_back`."""
        self._interrupter.give_up(node, task, now)

    # What was found out about workers; see Checkups

    def probed(self, node: WorkerNode, unbegun: int, now: float) -> None:
        self._checkups.probed(node, unbegun, now)
        self._edges.tell()

    def weighed(self, node: WorkerNode, size: int | None, now: float) -> None:
        self._checkups.weighed(node, size, now)
        self._edges.tell()

    def recycle(self, node: WorkerNode, now: float) -> None:
        self._staff.recycle(node, now)
        self._edges.tell()

    # Workers

    def start(self, now: float) -> None:
        """Fill the pool up to its minimum."""
        self._staff.ensure_minimum(now)
        self._edges.tell()

    def worker_ready(self, node: WorkerNode, pid: int | None, now: float) -> None:
        """A worker has started and waits for tasks."""
        node.pid = pid
        self.state.decisions.append(Tell("worker_online", _who(node)))
        self._staff.welcome(node, now)
        self._begin_work(node, now)

    def widened(self, node: WorkerNode, width: int, now: float) -> None:
        """The worker can run `width` tasks at once from now on, which may be fewer than it was asked for."""
        node.width = width
        self._staff.adapt(node)
        if node.state is NodeState.STARTING:
            self._staff.admit(node, now)
        self.state.recount()
        self._begin_work(node, now)

    def exited(self, node: WorkerNode, exit: WorkerExit, batch_numbers: Iterable[int], now: float) -> None:
        """A worker is gone without having begun some tasks: one of the batch for each of the numbers."""
        unbegun = list(batch_numbers)
        had_begun = node.committed > len(unbegun)
        tasks = self._losses.take_over(node, exit, unbegun, now)
        self.state.roster.set_state(node, NodeState.GONE)
        self._dispatcher.forget(node)
        self.state.recount()
        self._tell_exit(node, node.killed_because or exit.reason)
        self._dispatcher.rehome(tasks, now)
        self._staff.bury(node, exit, had_begun=had_begun, now=now)
        if self.state.is_empty:
            self.state.decisions.append(Tell("empty"))
        self._edges.tell()

    def restart(self, worker_ids: Iterable[int] | None, *, hard: bool, now: float) -> WorkersRestart:
        """Replace workers; see Staff.restart."""
        restart = self._staff.restart(worker_ids, hard=hard, now=now)
        self._edges.tell()
        return restart

    def stop(self, now: float) -> None:
        """Take no part in anything any more: fail what waits, end every worker, kill those that are at work."""
        state = self.state
        state.stopping = True
        self._dispatcher.fail_waiting(state.backlog.clear())
        for node in state.roster:
            self._dispatcher.fail_waiting(self._dispatcher.clear(node))
        self._staff.dismiss_all(now)
        self._edges.tell()

    # Changes while it runs; see Reconfigurer

    def pause(self) -> None:
        self._reconfigurer.pause()

    def resume(self, now: float) -> None:
        self._reconfigurer.resume(now)
        self._edges.tell()

    def drain(self, now: float) -> None:
        self._reconfigurer.drain(now)
        self._edges.tell()

    def resize(self, options: PoolOptions, now: float) -> None:
        self._reconfigurer.resize(options, now)
        self._edges.tell()

    def set_strategy(self, options: PoolOptions, now: float) -> None:
        self._reconfigurer.set_strategy(options)

    def set_queue_options(self, options: PoolOptions, now: float) -> None:
        self._reconfigurer.set_queue_options(options, now)
        self._edges.tell()

    # Time

    def tick(self, now: float) -> None:
        """Time has passed."""
        for node in list(self.state.roster):
            if self._stalls(node) and now - node.batches[0].since >= STALL_SECONDS:
                self.state.decisions.append(TakeBack(node))
            self._interrupter.watch(node, now)
            self._staff.watch(node, now)
            self._checkups.watch(node, now)
        self._staff.review(now)
        self._edges.tell()

    def next_tick(self, now: float) -> float | None:
        """When time will matter next (a reading of the same clock), None while nothing depends on it."""
        times = [self._staff.next_start(now), self._checkups.next_time(now)]
        for node in self.state.roster:
            times += [self._staff.next_time(node, now), self._interrupter.next_time(node, now)]
            if self._stalls(node):
                times.append(node.batches[0].since + STALL_SECONDS)
        return min((time for time in times if time is not None), default=None)

    # Helpers

    def _begin_work(self, node: WorkerNode, now: float) -> None:
        """Give a worker that has just become ready, or wider, what waits for one like it."""
        if node.is_ready:
            if not self.state.paused:
                waiting = self.state.backlog.take_where(lambda slots: may_run(slots, node.slot))
                self._dispatcher.rehome(waiting, now)
            self._dispatcher.employ(node, now)
        self._staff.grow(now)
        self._edges.tell()

    def _has_room(self, node: WorkerNode, was_full: bool, now: float) -> None:
        """Give a worker that has answered what it may do next."""
        if not node.committed:
            node.idle_since = now
        if node.state is not NodeState.READY:
            self._staff.stop_if_drained(node, now)
            return
        if was_full and node.committed < node.quota:
            self.state.busy_nodes -= 1
        if self.state.waiting:
            self._dispatcher.employ(node, now)

    def _stalls(self, node: WorkerNode) -> bool:
        """Whether tasks wait in the worker's hands that could be elsewhere, for all one knows: it was not asked yet."""
        return node.runs_ahead and node.ending_since is None and node.batches[0].expected_time < math.inf

    def _tell_exit(self, node: WorkerNode, reason: str) -> None:
        who, expected = _who(node), node.exit_is_expected
        self.state.decisions.append(Tell("worker_exit", {**who, "expected": expected, "reason": reason}))
        if not expected:
            self.state.decisions.append(Tell("error", {**who, "error": f"{node.title}: {reason}"}))


def _who(node: WorkerNode) -> dict[str, int | None]:
    return {"worker": node.id, "slot": node.slot, "worker_pid": node.pid}
