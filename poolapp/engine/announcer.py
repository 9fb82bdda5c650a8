"""The events of single tasks, made only when somebody listens."""

from __future__ import annotations

import uuid
from typing import Any

from poolapp.engine.clock import Clock
from poolapp.engine.decisions import Tell
from poolapp.engine.events import MESSAGE
from poolapp.engine.options import PoolOptions
from poolapp.engine.outcomes import Outcome
from poolapp.engine.tasks import Task
from poolapp.engine.told import call_text, value_text
from poolapp.engine.told_again import call_json
from poolapp.engine.workers.running import describe

NEVER_RAN = {"wait_time": None, "run_time": None, "traceback": ""}


class Announcer:
    """Turns what happens to tasks into events with JSON-ready details; all times in unix seconds.

    The details of each event tell all that is known of the task, so that the latest is enough for whoever missed some.
    """

    def __init__(self, clock: Clock, options: PoolOptions) -> None:
        self._clock = clock
        self._options = options
        self._wall_offset = clock.wall() - clock.monotonic()
        # A version 8 UUID: the milliseconds of the pool's birth, randomness, and the task's number as its last 40
        # bits; cheap to make, unique, and in the order of submission, which keeps database indexes compact. MariaDB
        # takes no such UUID whose ninth byte is 80, so one bit of it is set.
        random = uuid.uuid4().int
        born = int(clock.wall() * 1000) & (2**48 - 1)
        first_id = born << 80 | 8 << 76 | (random >> 64 & 0xFFF) << 64 | 2 << 62 | (random & 0x3FFFFF | 1 << 16) << 40
        self._id_prefix = str(uuid.UUID(int=first_id))[:-10]

    def task_id(self, task: Task) -> str:
        return f"{self._id_prefix}{task.number:010x}"

    def queued(self, task: Task) -> Tell:
        return Tell("task_queued", self._about(task), task)

    def started(self, task: Task, started_at: float) -> Tell:
        """The task has begun, at a reading of the monotonic clock."""
        task.announced = True
        task.started_at = started_at
        details = self._about(task)
        _add_worker(details, task)
        details["started_at"] = started_at + self._wall_offset
        return Tell("task_started", details, task)

    def message(self, task: Task, value: Any) -> Tell:
        """A running task has sent a message, whatever it is."""
        details = self._about(task)
        _add_worker(details, task)
        details["message"] = value
        return Tell(MESSAGE, details, task)

    def finished(self, task: Task, outcome: Outcome) -> list[Tell]:
        """A worker has answered the task."""
        tells = [] if task.announced else [self.started(task, outcome.started_at)]
        details = self._about(task)
        self._add_run(details, task, outcome.started_at, outcome.run_time)
        details["error"] = None
        details["traceback"] = outcome.traceback
        if outcome.error is not None:
            details["error"] = describe(outcome.error)
            tells.append(Tell("task_error", details, task))
        elif self._options.describe_results:
            details["result"] = value_text(outcome.value)
        tells.append(Tell("task_finished", details, task))
        return tells

    def cancelled(self, task: Task) -> list[Tell]:
        """The task will not run."""
        return [Tell("task_finished", {**self._about(task), **NEVER_RAN, "error": None}, task)]

    def failed(self, task: Task, error: BaseException) -> list[Tell]:
        """The task has failed without an answer; whether it had begun was announced, if so."""
        details = {**self._about(task), **NEVER_RAN, "error": describe(error)}
        if task.announced and task.node is not None:
            started_at = task.started_at or task.queued_at
            self._add_run(details, task, started_at, max(0.0, self._clock.monotonic() - started_at))
        return [Tell("task_error", details, task), Tell("task_finished", details, task)]

    def _about(self, task: Task) -> dict[str, Any]:
        """What is known of a task from its beginning; others add to it, since copies would take time from tasks."""
        details = {
            "task_id": self.task_id(task),
            "task": task.name,
            "status": task.state.value,
            "queued_at": task.queued_at + self._wall_offset,
            "attempts": task.losses + 1,
        }
        if self._options.describe_arguments:
            details["arguments"] = call_text(task.function.function, task.args, task.kwargs)
            if task.call is None:  # once: a task in a thread may change what it was given
                task.call = call_json(task.function.function, task.args, task.kwargs)
            details["call"] = task.call
        return details

    def _add_run(self, details: dict[str, Any], task: Task, started_at: float, run_time: float) -> None:
        _add_worker(details, task)
        details["started_at"] = started_at + self._wall_offset
        details["wait_time"] = max(0.0, started_at - task.queued_at)
        details["run_time"] = run_time


def _add_worker(details: dict[str, Any], task: Task) -> None:
    node = task.node
    if node is not None:
        details["worker"], details["slot"], details["worker_pid"] = node.id, node.slot, node.pid
