"""The pool: an Executor with named tasks, strategies, queues, statistics, events and restarts."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from types import TracebackType
from typing import Any, Literal

from poolapp.engine.acquaintances import Acquaintances, TaskRef
from poolapp.engine.calling_off import withdraw
from poolapp.engine.clock import Clock, SystemClock
from poolapp.engine.core import Core
from poolapp.engine.ending import end_when_forgotten
from poolapp.engine.errors import InvalidOption, PoolError, QueueFull
from poolapp.engine.events import MESSAGE, Listener, require_event, require_listener
from poolapp.engine.finding import find_futures
from poolapp.engine.futures import TaskFuture
from poolapp.engine.mapping import ordered_results
from poolapp.engine.options import PoolOptions, require_options
from poolapp.engine.restarting import WorkersRestart
from poolapp.engine.room import submit_patiently
from poolapp.engine.snapshot import describe, overview
from poolapp.engine.statistics import worked_out
from poolapp.engine.tasks import Task, TaskFunction, resolve
from poolapp.engine.validation import require_choice, require_ids, require_wait
from poolapp.engine.workers import role

HANDLERS = {
    "online_handler": "worker_online",
    "message_handler": MESSAGE,
    "error_handler": "error",
    "exit_handler": "worker_exit",
}


class Pool(Executor):
    """A pool of workers.

    options: what the pool is made of; nothing is started when they are wrong.
    functions: the task functions that can be asked for by name; looked at when a name is asked for. The first is the
        default task, unless another one is made it.
    clock: where time comes from.

    A pool is started with `start()`, by using it as a context manager, or as it is made with `start_workers=True`. One
    that runs and that nobody refers to any more ends after its tasks.
    """

    def __init__(
        self,
        options: PoolOptions | None = None,
        *,
        functions: Mapping[str, TaskFunction] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.options = PoolOptions() if options is None else options
        require_options(self.options)
        if role.in_worker and self.options.worker == "process":
            raise PoolError("a worker process cannot have worker processes of its own; use a pool of threads there")
        self._clock: Clock = clock or SystemClock()
        self._acquaintances = Acquaintances(functions if functions is not None else {})
        self._core = Core(self.options, self._clock)
        weakref.finalize(self, end_when_forgotten, self._core).atexit = False
        for option, event in HANDLERS.items():
            if (handler := getattr(self.options, option)) is not None:
                self._core.herald.add_listener(event, resolve(handler, option))
        if self.options.start_workers:
            self.start()

    def __repr__(self) -> str:
        with self._core.lock:
            state = self._core.scheduler.state
            word, workers = describe(state, self._core.state), len(state.roster.nodes)
            return f"<Pool {self.options.name!r} {word}: {workers} workers, {state.queued} tasks waiting>"

    # Life

    def start(self) -> None:
        """Start the workers; returns at once, before they are ready.

        Raises PoolError when the pool runs already, and what opening the crew raises.
        """
        core = self._core
        with core.lock:
            if core.state in ("running", "stopping"):
                raise PoolError(f"pool {self.options.name!r} is {core.state} already")
            core.reset(self.options)
            self._acquaintances.forget_statistics()
            core.pid = os.getpid()
            core.crew.open()
            core.state = "running"
            core.ticker.start()
            core.started_at = self._clock.monotonic()
        core.tell(core.scheduler.start)

    def destroy(self, timeout: float | Literal["default"] | None = "default") -> None:
        """Take no more tasks, let the given ones finish for `timeout` seconds (None: however long), then end.

        The default is `queue.tasks_finished_timeout`. What has not finished by then fails with PoolDestroyed; when the
        wait is interrupted, by Ctrl-C for instance, so does all the rest. Returns when every worker is gone and every
        future is settled, also when another thread has begun it; in a listener, without which there is no end, it
        returns at once. Does nothing when the pool does not run. It can be started again afterwards, with the same
        listeners and tasks. Raises InvalidOptionType or InvalidOption for a timeout that is none.
        """
        patience = self.options.queue.tasks_finished_timeout if timeout == "default" else timeout
        require_wait("timeout", patience)
        self._core.ending.ask(patience)

    def abandon(self) -> None:
        """Let go of the workers, in a forked child: they are the parent's."""
        self._core.state = "destroyed"
        self._core.crew.abandon()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the pool as an Executor does: after all its tasks, those that wait cancelled if `cancel_futures`."""
        if cancel_futures:
            with self._core.lock:
                waiting = list(self._core.scheduler.state.waiting_tasks())
            for task in waiting:
                withdraw(self._core, task)
        if wait:
            self.destroy(timeout=None)
        else:
            threading.Thread(target=self.destroy, args=(None,), name="poolapp-shutdown", daemon=True).start()

    def __enter__(self) -> Pool:
        if self._core.state != "running":
            self.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> bool | None:
        self.shutdown(wait=True)
        return None

    # Work

    def execute(self, task: TaskRef | None, /, *args: Any, **kwargs: Any) -> TaskFuture:
        """Run a task function, given as itself or by its name, with these arguments; None stands for the default task.

        Returns at once, or where the queue is full and `full_timeout` allows it, as soon as there is room; it never
        waits on an event loop.

        Raises TaskNotFound for an unknown name, TaskNotPicklable for what a process worker could not run, QueueFull
        when as many tasks wait as may, InvalidOption for slots that the pool does not have, PoolNotStarted and
        PoolDestroyed when the pool does not run. What the task raises is in the future.
        """
        known = self._acquaintances.find(task)
        function = task if isinstance(task, TaskFunction) else known.task_function
        work = Task(known, args, kwargs, self._clock.monotonic(), function)
        if work.timeout is None:
            work.timeout = self.options.timeout
        self._core.crew.prepare(work)
        future = work.future = TaskFuture(work, self._core)
        try:
            self._core.submit(work)
        except QueueFull:
            submit_patiently(self._core, work, self.full_timeout(function))
        if function.signal is not None:
            function.signal.follow(future)
        return future

    submit = execute

    def full_timeout(self, task: TaskRef | None) -> float:
        """The seconds that a caller of `execute` waits for room in the queue."""
        known = task if isinstance(task, TaskFunction) else self._acquaintances.find(task).task_function
        own = known.full_timeout
        return self.options.queue.full_timeout if own is None else own

    def map(
        self,
        task: TaskRef | None,
        /,
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[Any]:
        """Run a task for every element of the iterables, as the built-in map does; results come in order.

        timeout: seconds from now after which waiting for a result raises TimeoutError.
        chunksize: of no effect; tasks travel in batches anyway.
        buffersize: how many results may be under way; the input is consumed only so far ahead.

        Raises what `execute` raises, TypeError for what cannot be iterated over, and, in place of a result, what its
        task raised; what has not begun by then, or when the iterator is closed or thrown away, is cancelled.
        """
        return ordered_results(lambda *args: self.execute(task, *args), iterables, timeout, buffersize)

    def find(self, task_id: str) -> TaskFuture | None:
        """The future of a task that waits or runs, by its id; None when there is no such task, or none any more."""
        return self.find_all([task_id]).get(task_id)

    def find_all(self, task_ids: Iterable[str]) -> dict[str, TaskFuture]:
        """The futures of those of these tasks that wait or run, by their ids."""
        return find_futures(self._core, task_ids)

    # Tasks by name

    def add_task(self, name: str, function: Callable[..., Any] | TaskFunction) -> None:
        """Let a function be asked for by a name, also in place of another one that was added; workers find it at once.

        Raises InvalidOptionType or InvalidOption when it is not a name or not a function, and TaskNotPicklable when a
        process worker could not import it.
        """
        added = self._acquaintances.named(name, function)
        self._core.crew.check(added)
        self._acquaintances.add(added)

    def remove_task(self, name: str) -> None:
        """Forget a function that was added, and its statistics; raises TaskNotFound when none was."""
        self._acquaintances.remove(name)

        def forget(_: float) -> None:
            self._core.scheduler.state.names.pop(name, None)
            self._acquaintances.forget_statistics()

        self._core.decide(forget)

    def has_task(self, name: str) -> bool:
        """Whether a function can be asked for by this name."""
        return self._acquaintances.has(name)

    def task_function(self, name: str) -> TaskFunction:
        """What is asked for by this name; raises TaskNotFound for an unknown one."""
        return self._acquaintances.function(name)

    def list_tasks(self) -> list[dict[str, Any]]:
        """What can be asked for by name, the default task first: names, and what is special about each."""
        return self._acquaintances.describe()

    def set_default_task(self, name: str) -> None:
        """Choose what `execute(None)` runs; raises TaskNotFound for an unknown name."""
        self._acquaintances.set_default(name)

    # Control

    def pause(self) -> None:
        """Let no task begin until `resume`; tasks are taken and wait, and those that run go on."""
        self._change(lambda now: self._core.scheduler.pause())

    def resume(self) -> None:
        """Take tasks and let them begin again, after `pause` or `drain`."""
        self._change(self._core.scheduler.resume)

    def drain(self) -> None:
        """Run what was taken, also after `pause`, and no more: `execute` raises PoolDraining after its full_timeout."""
        self._change(self._core.scheduler.drain)

    def resize(self, min_size: int, max_size: int | None = None) -> None:
        """Have between `min_size` and `max_size` workers from now on; who is too many finishes what it runs.

        Tasks that wait for a slot that is no more fail with TaskAborted. Raises InvalidOption for sizes that no pool
        may have; where strategy_options.weights are given, a new slot weighs as much as the others on average.
        """
        self._reconfigure(lambda options: options.resized(min_size, max_size), self._core.scheduler.resize)

    def set_strategy(self, strategy: str, **options: Any) -> None:
        """Choose workers in another way, with these `strategy_options` changed; statistics of workers begin anew.

        Raises InvalidOption or InvalidOptionType as PoolOptions does.
        """
        self._reconfigure(
            lambda old: old.replace(strategy=strategy, strategy_options=old.strategy_options.replace(**options)),
            self._core.scheduler.set_strategy,
        )

    def set_queue_options(self, **options: Any) -> None:
        """Change some of the `queue` options; raises InvalidOption or InvalidOptionType as QueueOptions does."""
        change = self._core.scheduler.set_queue_options
        self._reconfigure(lambda old: old.replace(queue=old.queue.replace(**options)), change)

    def enable_queue(self, enabled: bool = True, **options: Any) -> None:
        """Let tasks wait where they may be stolen, or not: then each stays with the worker that was chosen for it."""
        self.set_queue_options(enabled=enabled, **options)

    def restart_workers(
        self, ids: Iterable[int] | None = None, mode: Literal["rolling", "hard"] = "rolling"
    ) -> WorkersRestart:
        """Replace workers, all unless `ids` are given; returns a future of {old id: new id}, with its progress.

        "rolling" replaces one after another: the successor starts first, the old worker finishes what it runs, and
        nothing is lost. "hard" kills them all at once, also those that retire: what they run fails with WorkerLost.
        """
        require_choice("mode", mode, ("rolling", "hard"))
        wanted = None if ids is None else require_ids("ids", ids)

        def begin(now: float) -> WorkersRestart | None:
            self._core.require_running()
            return self._core.scheduler.restart(wanted, hard=mode == "hard", now=now)

        restart = self._core.ask(begin, otherwise=None)
        if restart is None:
            raise PoolError("workers cannot be restarted from within a call of the pool that was interrupted")
        return restart

    def on(self, event: str, listener: Listener, *, at_once: bool = False) -> Listener:
        """Call `listener(event)` for every event of this name, in order; "ready" also when it has been told already.

        Listeners run in a thread that the pool keeps for them; what they raise is logged. One that never blocks may ask
        to be called `at_once`, in the thread in which the event happens: that is quicker, but holds up the pool.
        """
        require_event(event)
        require_listener(listener)
        if not self.options.enable_events:
            raise InvalidOption("enable_events is False, so there are no events to listen to")
        self._core.herald.add_listener(event, listener, at_once=at_once)
        return listener

    def off(self, event: str, listener: Listener) -> None:
        """Call `listener` no longer."""
        self._core.herald.remove_listener(event, listener)

    def snapshot(self, *, tasks: bool = True) -> dict[str, Any]:
        """One consistent view of the pool, JSON-ready; durations in seconds, times in unix seconds.

        tasks: whether it has the statistics of each name of tasks as well, of which there may be many.
        """
        with self._core.lock:
            taken = overview(self._core, self._clock, tasks)
        figures: dict[str, Any] = worked_out(taken)
        return figures

    # Helpers

    def _reconfigure(
        self, change: Callable[[PoolOptions], PoolOptions], go_by: Callable[[PoolOptions, float], None]
    ) -> None:
        """Change the options, now if the pool runs, else from its start on; nothing changes when they are wrong."""

        def reconfigure(now: float) -> None:
            self.options = change(self.options)
            if self._core.state == "running":
                go_by(self.options, now)

        self._core.tell(reconfigure)

    def _change(self, change: Callable[[float], None]) -> None:
        def change_if_running(now: float) -> None:
            self._core.require_running()
            change(now)

        self._core.tell(change_if_running)
