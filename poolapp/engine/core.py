"""The core of a pool: takes the lock, lets the scheduler decide, releases it, carries the decisions out in order."""

from __future__ import annotations

import itertools
import logging
import math
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, TypeVar

from poolapp.engine.abort import AbortSignal
from poolapp.engine.acting import Actor
from poolapp.engine.callbacks import CallbackThread
from poolapp.engine.clock import Clock
from poolapp.engine.deciding import Deciding
from poolapp.engine.decisions import Action, Kill, Spawn, Stop
from poolapp.engine.ending import Ending
from poolapp.engine.errors import PoolDestroyed, PoolError, PoolNotStarted, TaskAborted
from poolapp.engine.forking import watch
from poolapp.engine.herald import Herald, settle, settle_all
from poolapp.engine.node import Batch, NodeState, WorkerNode
from poolapp.engine.options import PoolOptions
from poolapp.engine.outbox import Outbox
from poolapp.engine.outcomes import Outcome, WorkerExit
from poolapp.engine.recovery import Recovery
from poolapp.engine.scheduler import STALL_SECONDS, Scheduler
from poolapp.engine.tasks import Task, TaskState
from poolapp.engine.ticker import Ticker
from poolapp.engine.workers import crew_class
from poolapp.engine.workers.base import Worker

logger = logging.getLogger("poolapp")

T = TypeVar("T")


class Core:
    """What callers and workers tell a pool comes together here."""

    def __init__(self, options: PoolOptions, clock: Clock) -> None:
        self.name = options.name
        self.clock = clock
        self.herald = Herald(options, clock)
        self.state: Literal["stopped", "running", "stopping", "destroyed", "foreign"] = "stopped"
        self.started_at: float | None = None  # a reading of the monotonic clock
        self.watchers = 0  # threads that want to know of every change
        self.pid = os.getpid()
        self._crew_class = crew_class(options.worker)
        self._ids = itertools.count(1)
        self.recovery = Recovery(self)
        self._make_locks()
        self.reset(options)
        watch(self)

    def reset(self, options: PoolOptions) -> None:
        """Begin anew, without workers."""
        self.crew = self._crew_class(options, self)
        self.scheduler = self._make_scheduler(options)
        self._begin_timeout = options.begin_timeout if self.crew.can_freeze else math.inf
        self.ticker = Ticker(f"poolapp-{options.name}-ticker", self._tick, self.clock.monotonic)
        self.ending = Ending(self, 2 * options.stop_timeout + 1)

    def renew(self) -> None:
        """Go on without the workers and the tasks that there are; to be called with the lock."""
        self._make_outboxes()
        self.herald.forget_threads()
        before, self.scheduler = self.scheduler, self._make_scheduler(self.scheduler.state.options)
        self.scheduler.succeed(before)

    def disown(self) -> None:
        """We are in a forked child: the workers are the parent's, and other threads may have held our locks."""
        self._make_locks()
        self.herald.forget_threads()
        if self.state in ("running", "stopping"):
            self.state = "foreign"

    # What callers want

    def submit(self, task: Task) -> None:
        """Take a task; raises PoolNotStarted, PoolDestroyed, QueueFull or InvalidOption when it cannot be taken."""
        try:
            self._submit(task)
        except BaseException as exc:
            self.recovery.note(exc)
            raise

    def _submit(self, task: Task) -> None:
        deciding = self._deciding
        with self.lock:
            if self.state != "running":
                raise self.not_running()
            if deciding.active:
                deciding.postpone(self.submit_late, task)
                return
            state = self.scheduler.state
            if state.is_choosy or task.function.workers is not None:
                self.scheduler.check(task)
            try:
                deciding.active = True
                if self.herald.wants_tasks:
                    self.herald.queued(task)
                signal = task.function.signal
                if signal is not None and signal.reason is not None:
                    self._refuse(task, signal)
                else:
                    self.scheduler.submit(task, task.queued_at)
                has_decided = state.decisions or self.herald.wants_tasks
                workers = self._hand_out() if has_decided else ()
            finally:
                deciding.active = False
        if has_decided or deciding.postponed:
            self._carry_out(workers)

    def submit_late(self, task: Task) -> None:
        """Submit a task whose caller has gone on already."""
        try:
            self.submit(task)
        except PoolError as exc:
            settle(task, None, exc)

    def help(self, task: Task, seconds: float) -> None:
        """Let the calling thread, which waits for a task, hear the worker itself for a while, if it can."""
        node = task.node
        if node is not None and task.state is TaskState.COMMITTED:
            node.worker.listen(task, seconds)

    def task_id(self, task: Task) -> str:
        """The id of a task of this pool, a UUID."""
        return self.herald.task_id(task)

    # What workers report

    def worker_ready(self, node: WorkerNode, pid: int | None) -> None:
        self._hear(node, lambda now: self.scheduler.worker_ready(node, pid, now))
        self.ticker.wake()

    def finished(self, node: WorkerNode, outcomes: Sequence[Outcome]) -> None:
        ended: list[tuple[Task, Outcome]] = []
        try:
            self._book(node, outcomes, ended)
            settle_all(ended)
        except BaseException as exc:  # a signal handler has raised in the middle of it
            self.recovery.note(exc)
            settle_all(ended)
            raise

    def skipped(self, node: WorkerNode, batch_number: int) -> None:
        self._hear(node, lambda now: self.scheduler.skipped(node, batch_number, now))

    def widened(self, node: WorkerNode, width: int) -> None:
        self._hear(node, lambda now: self.scheduler.widened(node, width, now))

    def message(self, node: WorkerNode, batch_number: int, index: int, value: Any) -> None:
        self.decide(lambda _: self.herald.message(node, batch_number, index, value))

    def exited(self, node: WorkerNode, exit: WorkerExit) -> None:
        def note(now: float) -> None:
            unbegun = node.worker.take_back() if node.worker is not None else []
            self.scheduler.exited(node, exit, unbegun, now)

        self._hear(node, note)
        self.ticker.wake()

    def _hear(self, node: WorkerNode, message: Callable[[float], object]) -> None:
        """Give the scheduler a message of a worker, unless that was given up."""
        self.decide(lambda now: message(now) if node.state is not NodeState.GONE else None)

    # Waiting

    def wait_for(self, condition: Callable[[], bool], patience: float | None) -> bool:
        """Wait for something to be so, for `patience` seconds (None: however long); whether it is."""
        with self.lock:
            self.watchers += 1
            try:
                seconds = None if patience is None else min(patience, threading.TIMEOUT_MAX)
                return self.changed.wait_for(condition, seconds)
            finally:
                self.watchers -= 1

    def settle_down(self, seconds: float) -> None:
        """Wait for decisions to be carried out that another thread has in its hands, `seconds` at the most for each."""
        self._actions.settle_down(seconds)
        self.herald.settle_down(seconds)

    def is_told_by_this_thread(self) -> bool:
        """Whether it is in the middle of a listener, or of something else that the pool needs to go on."""
        return self._actions.is_drained_here or self.herald.is_told_here

    # Deciding

    def decide(self, message: Callable[[float], object]) -> None:
        """Give the scheduler a message, with the time; after the decision that was interrupted, if one was."""
        with self.recovery:
            with self.lock:
                if self._deciding.postpone(self.decide, message):
                    return
                with self._deciding:
                    message(self.clock.monotonic())
                    workers = self._hand_out()
                if self.watchers:
                    self.changed.notify_all()
            self._carry_out(workers)

    def tell(self, message: Callable[[float], object]) -> None:
        """The same, for what may change when time matters next."""
        self.decide(message)
        self.ticker.wake()

    def ask(self, question: Callable[[float], T], otherwise: T) -> T:
        """The same, for what has an answer; `otherwise` when a decision was interrupted, into which it must not go."""
        with self.recovery:
            with self.lock:
                if self._deciding.is_interrupted:
                    return otherwise
                with self._deciding:
                    answer = question(self.clock.monotonic())
                    workers = self._hand_out()
                if self.watchers:
                    self.changed.notify_all()
            self._carry_out(workers)
        self.ticker.wake()
        return answer

    def require_running(self) -> None:
        if self.state != "running":
            raise self.not_running()

    def not_running(self) -> PoolError:
        """Why the pool takes no tasks."""
        if self.pid != os.getpid():
            return PoolNotStarted(f"pool {self.name!r} belongs to process {self.pid}, this is {os.getpid()}")
        if self.state == "stopped":
            return PoolNotStarted(f"pool {self.name!r} has not been started")
        return PoolDestroyed(f"pool {self.name!r} was destroyed")

    def _book(self, node: WorkerNode, outcomes: Sequence[Outcome], ended: list[tuple[Task, Outcome]]) -> None:
        """Enter outcomes into the books, and give out what is next; adds to `ended` what is to be settled."""
        deciding, herald = self._deciding, self.herald
        with self.lock:
            if node.state is NodeState.GONE or deciding.postpone(self.finished, node, outcomes):
                return
            try:
                deciding.active = True
                self.scheduler.finished(node, outcomes, self.clock.monotonic(), ended)
                if herald.wants_failures:
                    herald.finished(ended)
                has_decided = self.scheduler.state.decisions or herald.wants_failures
                workers = self._hand_out() if has_decided else ()
            finally:
                deciding.active = False
            if self.watchers:
                self.changed.notify_all()
        if has_decided or deciding.postponed:
            self._carry_out(workers)
        if len(ended) < len(outcomes):
            logger.warning("Pool %s: the worker in slot %d has answered what was given up", self.name, node.slot)

    def _refuse(self, task: Task, signal: AbortSignal) -> None:
        self.scheduler.refuse(task, TaskAborted(f"{task.name} was aborted: {signal.reason}"))

    def _make_locks(self) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.call_back = CallbackThread(f"poolapp-{self.name}-callbacks").call
        self._make_outboxes()

    def _make_outboxes(self) -> None:
        self._deciding = Deciding()
        # What is done about workers comes before the news: listeners and callbacks may take their time.
        self._actions: Outbox[Action] = Outbox(Actor(self).act)

    def _make_scheduler(self, options: PoolOptions) -> Scheduler:
        crew = self.crew
        abilities = {"ahead": crew.takes_batches, "can_interrupt": crew.can_interrupt, "can_freeze": crew.can_freeze}
        return Scheduler(options, **abilities, ids=self._ids)

    # Carrying out

    def _hand_out(self) -> Sequence[Worker]:
        """Line up what has been decided, under the lock; returns the workers that have something to send."""
        workers: list[Worker] = []
        herald = self.herald
        for decision in self.scheduler.take_decisions():
            if isinstance(decision, Batch):
                node = decision.node
                node.worker.post(decision)
                workers.append(node.worker)
                if node.committed > node.width or decision.timeout is not None:
                    self._mind_time(node, decision)
                if self.ticker.due > decision.since + self._begin_timeout:
                    self.ticker.wake()
                if herald.wants_tasks:
                    herald.began(decision)
            elif isinstance(decision, Action):
                self._actions.put(decision)
                if isinstance(decision, (Spawn, Stop, Kill)):
                    self.ticker.wake()  # it has to be done in time
            else:
                herald.put(decision)
        return workers

    def _mind_time(self, node: WorkerNode, batch: Batch) -> None:
        """See to it that the ticker wakes when a task that was given out may have run for too long."""
        if node.runs_ahead:
            self.ticker.wake_by(batch.since + STALL_SECONDS)
        if batch.timeout is not None:
            self.ticker.wake_by(batch.since + batch.timeout)

    def _carry_out(self, workers: Iterable[Worker]) -> None:
        """Do what was lined up, without the lock."""
        for worker in workers:
            worker.flush()
        if self._actions.items:
            self._actions.drain()
        self.herald.drain()
        if self._deciding.postponed:
            self._deciding.catch_up()

    def _tick(self) -> float | None:
        if self.recovery.cause is not None:
            self.recovery.begin_anew()
        with self.lock, self._deciding:
            self.scheduler.tick(self.clock.monotonic())
            workers = self._hand_out()
        self._carry_out(workers)
        with self.lock:
            return self.scheduler.next_tick(self.clock.monotonic())
