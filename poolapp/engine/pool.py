"""The pool: takes tasks, lets the scheduler decide, and carries the decisions out."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, InvalidStateError
from types import TracebackType
from typing import Any, Literal

from poolapp.engine import snapshot as snapshots
from poolapp.engine.announcer import Announcer
from poolapp.engine.clock import Clock, SystemClock
from poolapp.engine.decisions import Action, Conclude, Kill, News, Settle, Spawn, Stop, TakeBack, Tell
from poolapp.engine.errors import (
    InvalidOption,
    InvalidOptionType,
    PoolDestroyed,
    PoolError,
    PoolNotStarted,
    TaskNotFound,
)
from poolapp.engine.events import Event, EventHub, Listener, call_safely
from poolapp.engine.futures import TaskFuture
from poolapp.engine.node import Batch, NodeState, WorkerNode
from poolapp.engine.options import PoolOptions
from poolapp.engine.outbox import Outbox
from poolapp.engine.outcomes import Outcome, WorkerExit
from poolapp.engine.restarting import WorkersRestart
from poolapp.engine.scheduler import Scheduler
from poolapp.engine.tasks import KnownFunction, Task, TaskFunction, TaskState, dotted_path
from poolapp.engine.ticker import Ticker
from poolapp.engine.version import __version__
from poolapp.engine.workers import crew_class
from poolapp.engine.workers.base import Worker

logger = logging.getLogger("poolapp")

TaskRef = str | TaskFunction | Callable[..., Any]


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
        self._functions: Mapping[str, TaskFunction] = functions if functions is not None else {}
        self._clock: Clock = clock or SystemClock()
        self._crew_class = crew_class(self.options.worker)
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._events = EventHub()
        # What is done about workers goes first: listeners and callbacks of futures may take their time.
        self._actions: Outbox[Action] = Outbox(self._act)
        self._news: Outbox[News] = Outbox(self._pass_on)
        self._known: dict[Any, KnownFunction] = {}
        self._pid = os.getpid()
        self._state: Literal["stopped", "running", "stopping", "destroyed"] = "stopped"
        self._minds_stalls: bool = False  # whether the ticker watches for tasks that turn out long
        self._reset()

    def __repr__(self) -> str:
        return (
            f"<Pool {self.options.name!r} {self._state}: {len(self._scheduler.roster.nodes)} workers,"
            f" {self._scheduler.waiting} tasks waiting>"
        )

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
            self._scheduler.start(self._clock.monotonic())
            self._hand_out()
        self._carry_out_and_mind_time(())

    def destroy(self, timeout: float | None = 5.0) -> None:
        """Take no more tasks, let the given ones finish for `timeout` seconds (None: however long), then end.

        What has not finished by then fails with PoolDestroyed. Returns when every worker is gone and every future
        is settled; does nothing when the pool does not run.
        """
        with self._lock:
            if self._state != "running" or self._pid != os.getpid():
                return
            self._state = "stopping"
            self._changed.wait_for(lambda: self._scheduler.is_idle, timeout)
            self._scheduler.stop(self._clock.monotonic())
            self._hand_out()
        self._carry_out_and_mind_time(())
        with self._lock:
            # The ticker kills who does not end by itself, so this ends too; twice the time for slow machines.
            self._changed.wait_for(lambda: not self._scheduler.roster.nodes, 2 * self.options.stop_timeout + 1)
            self._state = "destroyed"
            left = list(self._scheduler.roster)
        for node in left:
            self.exited(node, WorkerExit("it did not end and was given up"))
        self._ticker.stop()
        self._crew.close()
        self._news.put(Tell("destroy"))
        self._news.drain()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the pool as an Executor does: after all its tasks, those that wait cancelled if `cancel_futures`."""
        if cancel_futures:
            with self._lock:
                waiting = [task for node in self._scheduler.roster for task in node.queue]
                waiting.extend(self._scheduler.backlog)
            for task in waiting:
                self.withdraw(task)
        if wait:
            self.destroy(timeout=None)
        else:
            threading.Thread(target=self.destroy, args=(None,), name="poolapp-shutdown", daemon=True).start()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> bool | None:
        self.shutdown(wait=True)
        return None

    def __enter__(self) -> Pool:
        if self._state != "running":
            self.start()
        return self

    # Work

    def execute(self, task: TaskRef, /, *args: Any, **kwargs: Any) -> TaskFuture:
        """Run a task function, given as itself or by its registered name, with these arguments.

        Raises TaskNotFound for an unknown name, TaskNotPicklable for what a process worker could not run,
        PoolNotStarted and PoolDestroyed when the pool does not run. What the task raises is in the future.
        """
        work = Task(self._known_function(task), args, kwargs, self._clock.monotonic())
        self._crew.prepare(work)
        future = work.future = TaskFuture(work, self)
        with self._lock:
            if self._state != "running" or self._pid != os.getpid():
                raise self._not_running()
            if self._events.wants_tasks:
                self._news.put(self._announcer.queued(work))
            self._scheduler.submit(work, work.queued_at)
            workers = self._hand_out()
        self._carry_out(workers)
        return future

    submit = execute

    def withdraw(self, task: Task) -> bool:
        """Cancel a task that no worker has begun; False when it is too late."""
        with self._lock:
            withdrawn = self._scheduler.withdraw(task)
            node = task.node
            if not withdrawn and task.state is TaskState.COMMITTED and node is not None:
                # Reading tickets never waits, so it may be done under the lock, which keeps the books exact.
                numbers = node.worker.take_back()
                withdrawn = self._scheduler.taken_back(node, numbers, self._clock.monotonic(), withdraw=task)
            if withdrawn and self._events.wants_tasks:
                self._put_all(self._announcer.finished(task))
            workers = self._hand_out()
        self._carry_out_and_mind_time(workers)
        if withdrawn and task.future is not None:
            future, task.future = task.future, None
            task.forget_arguments()
            _settle_safely(future.settle_cancelled)
        return withdrawn

    def abort(self, task: Task, reason: str) -> bool:
        """Stop a task where it runs by ending its worker; False where that is not possible or too late."""
        if not self._crew.can_kill:
            return False
        with self._lock:
            aborted = self._scheduler.abort(task, reason, self._clock.monotonic())
            workers = self._hand_out()
        self._carry_out_and_mind_time(workers)
        return aborted

    def task_id(self, task: Task) -> str:
        """The id of a task of this pool, a UUID."""
        return self._announcer.task_id(task)

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
            restart = self._scheduler.restart(ids, hard=mode == "hard", now=self._clock.monotonic())
            workers = self._hand_out()
        self._carry_out_and_mind_time(workers)
        return restart

    def on(self, event: str, listener: Listener) -> Listener:
        """Call `listener(event)` for every event of this name, in order; "ready" also when it has been told already.

        Listeners run in the pool's threads: they should return at once. What they raise is logged.
        """
        self._events.add(event, listener)
        if event == "ready" and self._scheduler.was_ready:
            call_safely(listener, self._event(Tell("ready")))
        return listener

    def off(self, event: str, listener: Listener) -> None:
        """Call `listener` no longer."""
        self._events.remove(event, listener)

    def snapshot(self) -> dict[str, Any]:
        """One consistent view of the pool, JSON-ready; durations in seconds, times in unix seconds."""
        with self._lock:
            now = self._clock.monotonic()
            offset = self._clock.wall() - now
            state = snapshots.snapshot(self._scheduler, now, offset, self._started_at)
            return {
                "version": __version__,
                "type": "dynamic" if self.options.dynamic else "fixed",
                "worker": self.options.worker
                if isinstance(self.options.worker, str)
                else dotted_path(self._crew_class),
                "started": self._state == "running",
                "state": self._word(state),
                "min_size": self.options.min_size,
                "max_size": self.options.limit,
                **state,
                **self._crew.describe(),
            }

    # What workers report

    def worker_ready(self, node: WorkerNode, pid: int | None) -> None:
        with self._lock:
            self._scheduler.worker_ready(node, pid, self._clock.monotonic())
            self._changed.notify_all()
            workers = self._hand_out()
        self._carry_out_and_mind_time(workers)

    def finished(self, node: WorkerNode, outcomes: Sequence[Outcome]) -> None:
        with self._lock:
            if node.state is NodeState.GONE:
                return
            tasks = self._scheduler.finished(node, outcomes, self._clock.monotonic())
            if self._events.wants_tasks:
                for task, outcome in zip(tasks, outcomes, strict=True):
                    self._put_all(self._announcer.finished(task, outcome))
            workers = self._hand_out()
            if self._state == "stopping":
                self._changed.notify_all()
        self._carry_out(workers)
        for task, outcome in zip(tasks, outcomes, strict=True):
            _settle(task, outcome.value, outcome.error)

    def exited(self, node: WorkerNode, exit: WorkerExit) -> None:
        with self._lock:
            if node.state is NodeState.GONE:
                return
            unbegun = node.worker.take_back() if node.worker is not None else []
            self._scheduler.exited(node, exit, unbegun, self._clock.monotonic())
            self._changed.notify_all()
            workers = self._hand_out()
        self._carry_out_and_mind_time(workers)

    # Carrying out

    def _hand_out(self) -> list[Worker]:
        """Pass the scheduler's decisions on, under the lock; returns the workers that have something to send."""
        decisions = self._scheduler.decisions
        if not decisions:
            return []
        self._scheduler.decisions = []
        workers = []
        for decision in decisions:
            if isinstance(decision, Batch):
                worker: Worker = decision.node.worker
                worker.post(decision)
                workers.append(worker)
                if decision.node.committed > 1 and not self._minds_stalls:
                    self._minds_stalls = True
                    self._ticker.wake()
                if self._events.wants_tasks:
                    self._announce_front(decision.node)
            elif isinstance(decision, Action):
                self._actions.put(decision)
            else:
                if isinstance(decision, Settle) and self._events.wants_tasks and decision.error is not None:
                    self._put_all(self._announcer.failed(decision.task, decision.error))
                self._news.put(decision)
        return workers

    def _carry_out(self, workers: Iterable[Worker]) -> None:
        """Do what was handed out, without the lock."""
        for worker in workers:
            worker.flush()
        self._actions.drain()
        self._news.drain()

    def _carry_out_and_mind_time(self, workers: Iterable[Worker]) -> None:
        """The same, after something that may change when time matters next."""
        self._carry_out(workers)
        self._ticker.wake()

    def _act(self, action: Action) -> None:
        match action:
            case Spawn(node):
                self._spawn(node)
            case Stop(node) if node.worker is not None:
                node.worker.stop()
            case Kill(node) if node.worker is not None:
                node.worker.kill()
            case TakeBack(node):
                self._take_back(node)

    def _pass_on(self, news: News) -> None:
        match news:
            case Tell():
                self._events.emit(self._event(news))
            case Settle(task, error):
                _settle(task, None, error)
            case Conclude(restart, None):
                _settle_safely(lambda: restart.set_result(restart.replaced))
            case Conclude(restart, error):
                _settle_safely(lambda: restart.set_exception(error))

    def _spawn(self, node: WorkerNode) -> None:
        try:
            node.worker = self._crew.spawn(node)
            node.worker.start()
        except Exception as exc:
            logger.exception("Pool %s could not start a worker", self.options.name)
            self.exited(node, WorkerExit(f"could not be started: {exc}"))

    def _take_back(self, node: WorkerNode) -> None:
        with self._lock:
            if node.state is NodeState.GONE:
                return
            self._scheduler.taken_back(node, node.worker.take_back(), self._clock.monotonic())
            workers = self._hand_out()
        for worker in workers:
            worker.flush()

    def _tick(self) -> float | None:
        with self._lock:
            now = self._clock.monotonic()
            self._scheduler.tick(now)
            workers = self._hand_out()
        self._carry_out(workers)
        with self._lock:
            now = self._clock.monotonic()
            self._minds_stalls = any(node.committed > 1 for node in self._scheduler.roster)
            next_tick = self._scheduler.next_tick(now)
        return None if next_tick is None else max(0.001, next_tick - now)

    def _announce_front(self, node: WorkerNode) -> None:
        front = node.front()
        if front is not None and not front.announced:
            self._news.put(self._announcer.started(front, self._clock.monotonic()))

    def _put_all(self, tells: Iterable[Tell]) -> None:
        for tell in tells:
            self._news.put(tell)

    def _event(self, tell: Tell) -> Event:
        return Event(tell.event, self._clock.wall(), tell.details, tell.task)

    # The rest

    def _reset(self) -> None:
        self._crew = self._crew_class(self.options, self)
        self._scheduler = Scheduler(self.options, ahead=self._crew.takes_batches)
        self._announcer = Announcer(self._clock, self.options)
        self._ticker = Ticker(f"poolapp-{self.options.name}-ticker", self._tick)
        self._minds_stalls = False
        self._started_at = self._clock.monotonic()

    def _known_function(self, task: TaskRef) -> KnownFunction:
        try:
            return self._known.get(task) or self._get_to_know(task)
        except TypeError:  # a callable that cannot be hashed
            return self._get_to_know(task)

    def _get_to_know(self, task: TaskRef) -> KnownFunction:
        """Look a task function up, once for each that can be referred to; others are made anew each time."""
        if isinstance(task, str):
            if task not in self._functions:
                raise TaskNotFound(f"no task is registered under the name {task!r}")
            task_function = self._functions[task]
        elif isinstance(task, TaskFunction):
            task_function = task
        elif callable(task):
            task_function = TaskFunction(task, dotted_path(task))
        else:
            raise InvalidOptionType(f"a task must be a function or the name of one, not {task!r}")
        known = KnownFunction(task_function)
        return self._known.setdefault(task, known) if task_function.reference else known

    def _not_running(self) -> PoolError:
        name = self.options.name
        if self._pid != os.getpid():
            return PoolNotStarted(f"pool {name!r} belongs to process {self._pid}, this is {os.getpid()}")
        if self._state == "stopped":
            return PoolNotStarted(f"pool {name!r} has not been started")
        return PoolDestroyed(f"pool {name!r} was destroyed")

    def _word(self, state: dict[str, Any]) -> str:
        if self._state in ("stopped", "destroyed"):
            return "stopped"
        if self._state == "stopping":
            return "stopping"
        if not state["ready"]:
            return "starting"
        return "busy" if self._scheduler.was_busy else "ready"


def _settle(task: Task, value: Any, error: BaseException | None) -> None:
    """End a task's future; what its callbacks raise is logged."""
    future, task.future = task.future, None
    task.forget_arguments()
    if future is None:
        return
    try:
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)
    except InvalidStateError:
        logger.warning("The future of %s was settled by somebody else", task.name)
    except BaseException:
        logger.exception("A callback of the future of %s failed", task.name)


def _settle_safely(settle: Callable[[], object]) -> None:
    try:
        settle()
    except BaseException:
        logger.exception("A callback of a future failed")
