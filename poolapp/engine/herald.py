"""Passes the news of a pool on: events to listeners, results to futures; in order, and never under the lock."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import InvalidStateError
from typing import Any

from poolapp.engine.announcer import Announcer
from poolapp.engine.clock import Clock
from poolapp.engine.decisions import Conclude, News, Settle, Tell
from poolapp.engine.events import Event, EventHub, Listener
from poolapp.engine.node import Batch, WorkerNode
from poolapp.engine.options import PoolOptions
from poolapp.engine.outbox import Outbox
from poolapp.engine.outcomes import Outcome
from poolapp.engine.tasks import Task

logger = logging.getLogger("poolapp")


class Herald:
    """What happens is put in under the pool's lock, and passed on by `drain` without it."""

    def __init__(self, options: PoolOptions, clock: Clock) -> None:
        self._clock = clock
        self._hub = EventHub(options.name)
        self._announcer = Announcer(clock, options)
        self.wants_tasks = False  # whether anybody listens to what happens to single tasks
        self.wants_failures = False  # whether anybody listens at least to how they fail
        self.forget_threads()

    def forget_threads(self) -> None:
        """Begin without news, and without anybody who passes them on."""
        self._hub.forget_threads()
        self._tells: Outbox[Tell] = Outbox(lambda tell: self._hub.emit(self._event(tell)))
        self._ends: Outbox[Settle | Conclude] = Outbox(_end)

    def task_id(self, task: Task) -> str:
        return self._announcer.task_id(task)

    def add_listener(self, event: str, listener: Listener, *, at_once: bool = False) -> None:
        self._hub.add(event, listener, at_once=at_once)
        self._note_wishes()

    def remove_listener(self, event: str, listener: Listener) -> None:
        self._hub.remove(event, listener)
        self._note_wishes()

    def put(self, news: News) -> None:
        """Something has been decided; the end of a task is an event as well."""
        if isinstance(news, Settle) and news.error is not None and self.wants_failures:
            self._put_all(self._announcer.failed(news.task, news.error))
        if isinstance(news, Tell):
            self._tells.put(news)
        else:
            self._ends.put(news)

    def drain(self) -> None:
        """Pass on what was put in, unless another thread does that already: events, then what has become of futures."""
        if self._tells.items:
            self._tells.drain()
        if self._ends.items:
            self._ends.drain()

    @property
    def is_told_here(self) -> bool:
        """Whether the calling thread is just passing news on, or being told them."""
        return self._tells.is_drained_here or self._ends.is_drained_here or self._hub.thread.is_here

    @property
    def dropped(self) -> int:
        """Events that listeners have missed because they were too slow."""
        return self._hub.dropped

    def hear_out(self, seconds: float) -> None:
        """Wait until listeners were told what has happened so far, `seconds` at the most."""
        self._hub.thread.hear_out(seconds)

    def settle_down(self, seconds: float) -> None:
        """The same, and wait for another thread that does it, `seconds` at the most for each kind of news."""
        self._tells.settle_down(seconds)
        self._ends.settle_down(seconds)

    def queued(self, task: Task) -> None:
        """A task has been submitted; to be called only if `wants_tasks`."""
        self._tells.put(self._announcer.queued(task))

    def began(self, batch: Batch) -> None:
        """A worker has something to do: the batch's first task has begun, as far as one knows here.

        To be called only if `wants_tasks`.
        """
        if batch in batch.node.running() and not batch.front.announced:
            self._tells.put(self._announcer.started(batch.front, batch.since))

    def finished(self, ended: Iterable[tuple[Task, Outcome]]) -> None:
        """Workers have answered these tasks; to be called only if `wants_failures`."""
        for task, outcome in ended:
            if self.wants_tasks or outcome.error is not None:
                self._put_all(self._announcer.finished(task, outcome))

    def message(self, node: WorkerNode, batch_number: int, index: int, value: Any) -> None:
        """The task at `index` of a batch, which is running, has sent a message."""
        task = node.task_at(batch_number, index)
        if task is not None:
            self._tells.put(self._announcer.message(task, value))

    def cancelled(self, task: Task) -> None:
        if self.wants_tasks:
            self._put_all(self._announcer.cancelled(task))

    def _note_wishes(self) -> None:
        self.wants_tasks, self.wants_failures = self._hub.wants_tasks, self._hub.wants_failures

    def _put_all(self, tells: Iterable[Tell]) -> None:
        for tell in tells:
            self._tells.put(tell)

    def _event(self, tell: Tell) -> Event:
        return Event(tell.event, self._clock.wall(), tell.details, tell.task)


def _end(news: Settle | Conclude) -> None:
    match news:
        case Settle(task, error):
            settle(task, None, error)
        case Conclude(restart, None):
            safely(lambda: restart.set_result(restart.replaced))
        case Conclude(restart, error):
            safely(lambda: restart.set_exception(error))


def settle(task: Task, value: Any, error: BaseException | None) -> None:
    """End a task's future; what was interrupted by a signal handler that raises can be done again."""
    future = task.future
    if future is None:
        return
    try:
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)
    except InvalidStateError:
        logger.warning("The future of %s was settled already", task.name)
        future.make_calls()
    task.future = None
    task.forget_arguments()


def settle_all(ended: Iterable[tuple[Task, Outcome]]) -> None:
    """End the futures of tasks that workers have answered; those that have ended stay as they are."""
    for task, outcome in ended:
        settle(task, outcome.value, outcome.error)


def settle_cancelled(task: Task) -> None:
    """End a task's future as cancelled; what was interrupted by a signal handler that raises can be done again."""
    future = task.future
    if future is None:
        return
    future.settle_cancelled()
    task.future = None
    task.forget_arguments()


def safely(settle_future: Callable[[], object]) -> None:
    """End a future; what its callbacks raise is logged."""
    try:
        settle_future()
    except BaseException:
        logger.exception("A callback of a future failed")
