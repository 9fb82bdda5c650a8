"""The pool: takes tasks, lets the scheduler decide, and carries the decisions out."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from types import TracebackType
from typing import Any, Literal

from poolapp.engine.acquaintances import Acquaintances, TaskRef
from poolapp.engine.callbacks import CallbackThread
from poolapp.engine.clock import Clock, SystemClock
from poolapp.engine.deciding import Deciding
from poolapp.engine.decisions import Action, Kill, Spawn, Stop, TakeBack, Tell
from poolapp.engine.errors import InvalidOption, PoolDestroyed, PoolError, PoolNotStarted
from poolapp.engine.events import Listener
from poolapp.engine.futures import TaskFuture
from poolapp.engine.herald import Herald, settle, settle_cancelled
from poolapp.engine.node import Batch, NodeState, WorkerNode
from poolapp.engine.options import PoolOptions
from poolapp.engine.outbox import Outbox
from poolapp.engine.outcomes import Outcome, WorkerExit
from poolapp.engine.restarting import WorkersRestart
from poolapp.engine.scheduler import Scheduler
from poolapp.engine.snapshot import snapshot
from poolapp.engine.tasks import Task, TaskFunction, TaskState
from poolapp.engine.ticker import Ticker
from poolapp.engine.version import __version__
from poolapp.engine.workers import crew_class
from poolapp.engine.workers.base import Worker

logger = logging.getLogger("poolapp")


class Pool(Executor):
    """A pool of workers: an Executor with named tasks, statistics, events and restarts.

    options: what the pool is made of.
    functions: the task functions that can be asked for by name; looked at when a name is asked for.
    clock: where time comes from.

    A pool is started with `start()` or by using it as a context manager.
    """

    def __init__(
        self,
        options: PoolOptions | None = None,
        *,
        functions: Mapping[str, TaskFunction] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.options = options or PoolOptions()
        self._clock: Clock = clock or SystemClock()
        self._crew_class = crew_class(self.options.worker)
        self._acquaintances = Acquaintances(functions if functions is not None else {})
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._deciding = Deciding()
        # What is done about workers comes before the news: listeners and callbacks may take their time.
        self._actions: Outbox[Action] = Outbox(self._act)
        self._herald = Herald(self.options, self._clock)
        self.call_back = CallbackThread(f"poolapp-{self.options.name}-callbacks").call
        self._pid = os.getpid()
        self._state: Literal["stopped", "running", "stopping", "destroyed"] = "stopped"
        self._watches_stalls = False  # whether the ticker knows that tasks may turn out long
        self._started_at: float | None = None  # a reading of the monotonic clock
        self._reset()

    def __repr__(self) -> str:
        workers, waiting = len(self._scheduler.state.roster.nodes), self._scheduler.state.waiting
        return f"<Pool {self.options.name!r} {self._state}: {workers} workers, {waiting} tasks waiting>"

    # Life

    def start(self) -> None:
        """Start the workers; returns at once, before they are ready.

        Raises PoolError when the pool runs already, and what opening the crew raises.
        """
        with self._lock:
            if self._state in ("running", "stopping"):
                raise PoolError(f"pool {self.options.name!r} is {self._state} already")
            self._reset()
            self._pid = os.getpid()
            self._crew.open()
            self._state = "running"
            self._ticker.start()
            self._started_at = self._clock.monotonic()
        self._decide_and_mind_time(self._scheduler.start)

    def destroy(self, timeout: float | None = 5.0) -> None:
        """Take no more tasks, let the given ones finish for `timeout` seconds (None: however long), then end.

        What has not finished by then fails with PoolDestroyed. Returns when every worker is gone and every future
        is settled; does nothing when the pool does not run.
        """
        with self._lock:
            if self._state != "running" or self._pid != os.getpid():
                return
            self._state = "stopping"
            patience = timeout if timeout is None else min(timeout, threading.TIMEOUT_MAX)
            self._changed.wait_for(lambda: self._scheduler.state.is_idle, patience)
        self._decide_and_mind_time(self._scheduler.stop)
        self._wait_for_the_last()
        self._ticker.stop()
        self._crew.close()
        self._herald.put(Tell("destroy"))
        self._herald.drain()

    def abandon(self) -> None:
        """Let go of the workers, in a forked child: they are the parent's."""
        self._state = "destroyed"
        self._crew.abandon()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the pool as an Executor does: after all its tasks, those that wait cancelled if `cancel_futures`."""
        if cancel_futures:
            with self._lock:
                state = self._scheduler.state
                waiting = [*state.backlog, *(task for node in state.roster for task in node.queue)]
            for task in waiting:
                self.withdraw(task)
        if wait:
            self.destroy(timeout=None)
        else:
            threading.Thread(target=self.destroy, args=(None,), name="poolapp-shutdown", daemon=True).start()

    def __enter__(self) -> Pool:
        if self._state != "running":
            self.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> bool | None:
        self.shutdown(wait=True)
        return None

    # Work

    def execute(self, task: TaskRef, /, *args: Any, **kwargs: Any) -> TaskFuture:
        """Run a task function, given as itself or by its registered name, with these arguments.

        Raises TaskNotFound for an unknown name, TaskNotPicklable for what a process worker could not run,
        PoolNotStarted and PoolDestroyed when the pool does not run. What the task raises is in the future.
        """
        work = Task(self._acquaintances.find(task), args, kwargs, self._clock.monotonic())
        self._crew.prepare(work)
        future = work.future = TaskFuture(work, self)
        self._submit(work)
        return future

    submit = execute

    def help(self, task: Task, seconds: float) -> None:
        """Let the calling thread, which waits for a task, hear the worker itself for a while, if it can."""
        node = task.node
        if node is not None and task.state is TaskState.COMMITTED:
            node.worker.listen(task, seconds)

    def withdraw(self, task: Task) -> bool:
        """Cancel a task that no worker has begun; False when it is too late."""
        with self._lock:
            if self._deciding.is_interrupted:
                return False
            with self._deciding:
                withdrawn = self._withdraw(task)
                workers = self._hand_out()
            if self._state == "stopping":
                self._changed.notify_all()
        self._carry_out(workers)
        self._ticker.wake()
        if withdrawn:
            settle_cancelled(task)
        return withdrawn

    def abort(self, task: Task, reason: str) -> bool:
        """Stop a task where it runs by ending its worker; False where that is not possible or too late."""
        if not self._crew.can_kill:
            return False
        with self._lock:
            if self._deciding.is_interrupted:
                return False
            with self._deciding:
                aborted = self._scheduler.abort(task, reason, self._clock.monotonic())
                workers = self._hand_out()
        self._carry_out(workers)
        self._ticker.wake()
        return aborted

    def task_id(self, task: Task) -> str:
        """The id of a task of this pool, a UUID."""
        return self._herald.task_id(task)

    # Control

    def restart_workers(
        self, ids: Iterable[int] | None = None, mode: Literal["rolling", "hard"] = "rolling"
    ) -> WorkersRestart:
        """Replace workers, all unless `ids` are given; returns a future of {old id: new id}, with its progress.

        "rolling" replaces one after another: the successor starts first, the old worker finishes what it runs, and
        nothing is lost. "hard" kills them all at once: what they run fails with WorkerLost.
        """
        if mode not in ("rolling", "hard"):
            raise InvalidOption(f'mode must be "rolling" or "hard", not {mode!r}')
        with self._lock:
            if self._state != "running":
                raise self._not_running()
            if self._deciding.is_interrupted:
                raise PoolError("workers cannot be restarted from within a call of the pool that was interrupted")
            with self._deciding:
                restart = self._scheduler.restart(ids, hard=mode == "hard", now=self._clock.monotonic())
                workers = self._hand_out()
        self._carry_out(workers)
        self._ticker.wake()
        return restart

    def on(self, event: str, listener: Listener) -> Listener:
        """Call `listener(event)` for every event of this name, in order; "ready" also when it has been told already.

        Listeners run in the pool's threads: they should return at once. What they raise is logged.
        """
        self._herald.add_listener(event, listener)
        return listener

    def off(self, event: str, listener: Listener) -> None:
        """Call `listener` no longer."""
        self._herald.remove_listener(event, listener)

    def snapshot(self) -> dict[str, Any]:
        """One consistent view of the pool, JSON-ready; durations in seconds, times in unix seconds."""
        with self._lock:
            now = self._clock.monotonic()
            figures = snapshot(self._scheduler.state, now, self._clock.wall() - now, self._started_at)
            return {
                "version": __version__,
                "started": self._state == "running",
                "state": self._word(),
                **figures,
                **self._crew.describe(),
            }

    # What workers report

    def worker_ready(self, node: WorkerNode, pid: int | None) -> None:
        self._decide_and_mind_time(lambda now: self._scheduler.worker_ready(node, pid, now))

    def finished(self, node: WorkerNode, outcomes: Sequence[Outcome]) -> None:
        with self._lock:
            if node.state is NodeState.GONE or self._deciding.postpone(self.finished, node, outcomes):
                return
            with self._deciding:
                tasks = self._scheduler.finished(node, outcomes, self._clock.monotonic())
                self._herald.finished(tasks, outcomes)
                workers = self._hand_out()
            if self._state == "stopping":
                self._changed.notify_all()
        self._carry_out(workers)
        for task, outcome in zip(tasks, outcomes, strict=True):
            settle(task, outcome.value, outcome.error)

    def skipped(self, node: WorkerNode, batch_number: int) -> None:
        self._decide(lambda now: self._scheduler.skipped(node, batch_number, now))

    def exited(self, node: WorkerNode, exit: WorkerExit) -> None:
        def note(now: float) -> None:
            if node.state is not NodeState.GONE:
                unbegun = node.worker.take_back() if node.worker is not None else []
                self._scheduler.exited(node, exit, unbegun, now)
                self._changed.notify_all()

        self._decide_and_mind_time(note)

    # Deciding and carrying out

    def _decide(self, message: Callable[[float], object]) -> None:
        """Give the scheduler a message, with the time; after the decision that was interrupted, if one was."""
        with self._lock:
            if self._deciding.postpone(self._decide, message):
                return
            with self._deciding:
                message(self._clock.monotonic())
                workers = self._hand_out()
        self._carry_out(workers)

    def _decide_and_mind_time(self, message: Callable[[float], object]) -> None:
        """The same, for what may change when time matters next."""
        self._decide(message)
        self._ticker.wake()

    def _submit(self, work: Task) -> None:
        deciding = self._deciding
        with self._lock:
            if self._state != "running" or self._pid != os.getpid():
                raise self._not_running()
            if deciding.active:
                deciding.postpone(self._submit_late, work)
                return
            try:
                deciding.active = True
                self._herald.queued(work)
                self._scheduler.submit(work, work.queued_at)
                workers = self._hand_out()
            finally:
                deciding.active = False
        self._carry_out(workers)

    def _submit_late(self, work: Task) -> None:
        """Submit a task whose caller has gone on already."""
        try:
            self._submit(work)
        except PoolError as exc:
            settle(work, None, exc)

    def _withdraw(self, task: Task) -> bool:
        withdrawn = self._scheduler.withdraw(task)
        node = task.node
        if not withdrawn and task.state is TaskState.COMMITTED and node is not None:
            # Reading tickets never waits, so it may be done under the lock, which keeps the books exact.
            unbegun = node.worker.take_back()
            withdrawn = self._scheduler.taken_back(node, unbegun, self._clock.monotonic(), withdraw=task)
        if withdrawn:
            self._herald.cancelled(task)
        return withdrawn

    def _hand_out(self) -> list[Worker]:
        """Line up what has been decided, under the lock; returns the workers that have something to send."""
        workers: list[Worker] = []
        for decision in self._scheduler.take_decisions():
            if isinstance(decision, Batch):
                node = decision.node
                node.worker.post(decision)
                workers.append(node.worker)
                if node.committed > 1 and not self._watches_stalls:
                    self._watches_stalls = True
                    self._ticker.wake()
                self._herald.began(node)
            elif isinstance(decision, Action):
                self._actions.put(decision)
            else:
                self._herald.put(decision)
        return workers

    def _carry_out(self, workers: Iterable[Worker]) -> None:
        """Do what was lined up, without the lock."""
        for worker in workers:
            worker.flush()
        if self._actions.items:
            self._actions.drain()
        self._herald.drain()
        if self._deciding.postponed:
            self._deciding.catch_up()

    def _act(self, action: Action) -> None:
        node = action.node
        match action:
            case Spawn():
                self._spawn(node)
            case Stop() if node.worker is not None:
                node.worker.stop()
            case Kill() if node.worker is not None:
                node.worker.kill()
            case TakeBack():
                self._take_back(node)

    def _spawn(self, node: WorkerNode) -> None:
        try:
            node.worker = self._crew.spawn(node)
            node.worker.start()
        except Exception as exc:
            logger.exception("Pool %s could not start a worker", self.options.name)
            self.exited(node, WorkerExit(f"could not be started: {exc}"))

    def _take_back(self, node: WorkerNode) -> None:
        def note(now: float) -> None:
            if node.state is not NodeState.GONE:
                self._scheduler.taken_back(node, node.worker.take_back(), now)

        self._decide(note)

    def _tick(self) -> float | None:
        with self._lock, self._deciding:
            self._scheduler.tick(self._clock.monotonic())
            workers = self._hand_out()
        self._carry_out(workers)
        with self._lock:
            now = self._clock.monotonic()
            self._watches_stalls = any(node.committed > 1 for node in self._scheduler.state.roster)
            next_tick = self._scheduler.next_tick(now)
        return None if next_tick is None else max(0.001, next_tick - now)

    # The rest

    def _reset(self) -> None:
        self._crew = self._crew_class(self.options, self)
        self._scheduler = Scheduler(self.options, ahead=self._crew.takes_batches)
        self._ticker = Ticker(f"poolapp-{self.options.name}-ticker", self._tick)
        self._watches_stalls = False

    def _wait_for_the_last(self) -> None:
        """Wait for every worker to be gone; who is not when even killing must have helped is given up."""
        with self._lock:
            patience = min(2 * self.options.stop_timeout + 1, threading.TIMEOUT_MAX)
            gone = self._changed.wait_for(lambda: not self._scheduler.state.roster.nodes, patience)
            self._state = "destroyed"
            left = [] if gone else list(self._scheduler.state.roster)
        for node in left:
            self.exited(node, WorkerExit("it did not end and was given up"))

    def _not_running(self) -> PoolError:
        name = self.options.name
        if self._pid != os.getpid():
            return PoolNotStarted(f"pool {name!r} belongs to process {self._pid}, this is {os.getpid()}")
        if self._state == "stopped":
            return PoolNotStarted(f"pool {name!r} has not been started")
        return PoolDestroyed(f"pool {name!r} was destroyed")

    def _word(self) -> str:
        """The pool's state in a word for people."""
        if self._state != "running":
            return "stopping" if self._state == "stopping" else "stopped"
        if not self._scheduler.state.is_ready:
            return "starting"
        return "busy" if self._scheduler.was_busy else "ready"
