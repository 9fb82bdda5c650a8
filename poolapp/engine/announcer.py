"""The events of single tasks, made only when somebody listens."""

from __future__ import annotations

import reprlib
import uuid
from typing import Any

from poolapp.engine.clock import Clock
from poolapp.engine.decisions import Tell
from poolapp.engine.options import PoolOptions
from poolapp.engine.outcomes import Outcome
from poolapp.engine.tasks import Task, TaskState
from poolapp.engine.workers.running import describe


class Announcer:
    """Turns what happens to tasks into events with JSON-ready details; all times in unix seconds."""

    def __init__(self, clock: Clock, options: PoolOptions) -> None:
        self._clock = clock
        self._options = options
        self._wall_offset = clock.wall() - clock.monotonic()
        # A version 8 UUID: the milliseconds of the pool's birth, randomness, and the task's number as its last 40
        # bits; cheap to make, unique, and in the order of submission, which keeps database indexes compact.
        random = uuid.uuid4().int
        born = int(clock.wall() * 1000) & (2**48 - 1)
        self._first_id = born << 80 | 8 << 76 | (random >> 64 & 0xFFF) << 64 | 2 << 62 | (random & 0x3FFFFF) << 40

    def task_id(self, task: Task) -> str:
        return str(uuid.UUID(int=self._first_id | task.number))

    def queued(self, task: Task) -> Tell:
        details = self._about(task)
        if self._options.describe_arguments:
            details["arguments"] = _text(*task.args, **task.kwargs)
        return Tell("task_queued", details, task)

    def started(self, task: Task, started_at: float) -> Tell:
        """The task has begun, at a reading of the monotonic clock."""
        task.announced = True
        return Tell("task_started", {**self._about(task), "started_at": self._wall(started_at)}, task)

    def finished(self, task: Task, outcome: Outcome | None = None) -> list[Tell]:
        """The task is over: with an outcome, or cancelled."""
        if outcome is None:
            return [Tell("task_finished", {**self._about(task), **_nothing_ran(task)}, task)]
        details = {**self._about(task), **self._result(task, outcome)}
        if self._options.describe_results and outcome.error is None:
            details["result"] = _text(outcome.value)
        tells = [] if task.announced else [self.started(task, outcome.started_at)]
        if outcome.error is not None:
            tells.append(Tell("task_error", details, task))
        return [*tells, Tell("task_finished", details, task)]

    def failed(self, task: Task, error: BaseException) -> list[Tell]:
        """The task has failed without an outcome from a worker."""
        details = {**self._about(task), **_nothing_ran(task), "error": describe(error)}
        if task.announced and task.node is not None:
            details["run_time"] = max(0.0, self._clock.monotonic() - task.node.front_since)
        return [Tell("task_error", details, task), Tell("task_finished", details, task)]

    def _about(self, task: Task) -> dict[str, Any]:
        details = {"task_id": self.task_id(task), "task": task.name, "queued_at": self._wall(task.queued_at)}
        if task.node is not None and task.state is not TaskState.QUEUED:
            node = task.node
            details.update(worker=node.id, slot=node.slot, worker_pid=node.pid)
        return details

    def _result(self, task: Task, outcome: Outcome) -> dict[str, Any]:
        return {
            "status": task.state.value,
            "started_at": self._wall(outcome.started_at),
            "wait_time": max(0.0, outcome.started_at - task.queued_at),
            "run_time": outcome.run_time,
            "error": describe(outcome.error) if outcome.error is not None else None,
            "traceback": outcome.traceback,
        }

    def _wall(self, monotonic: float) -> float:
        return monotonic + self._wall_offset


def _nothing_ran(task: Task) -> dict[str, Any]:
    return {"status": task.state.value, "wait_time": None, "run_time": None, "error": None, "traceback": ""}


def _text(*args: Any, **kwargs: Any) -> str:
    """Values as one would write them in a call, shortened wherever they are long."""
    try:
        parts = [reprlib.repr(value) for value in args]
        return ", ".join([*parts, *(f"{name}={reprlib.repr(value)}" for name, value in kwargs.items())])
    except Exception as exc:
        return f"<no text: {describe(exc)}>"
