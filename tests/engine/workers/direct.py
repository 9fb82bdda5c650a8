"""Driving one worker directly, without a pool: a recorder takes down what it reports."""

from __future__ import annotations

import fcntl
import math
import sys
import termios
import threading
from collections.abc import Callable, Container
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from poolapp.engine import PoolOptions
from poolapp.engine.interrupting import Interruption
from poolapp.engine.outcomes import Outcome, WorkerExit
from poolapp.engine.tasks import KnownFunction, Task, TaskFunction
from poolapp.engine.workers import crew_class
from tests.engine.polling import eventually

PATIENCE = 15.0  # seconds


@dataclass
class Parcel:
    """A batch, as far as workers are concerned."""

    number: int
    tasks: list[Task]


class Recorder:
    """What a worker has reported, in order; a stand-in for the pool."""

    def __init__(self) -> None:
        self.reports: list[tuple[Any, ...]] = []
        self._changed = threading.Condition()

    def wait_for(self, ask: Callable[[], Any]) -> Any:
        """The first true answer; asked after every report."""
        with self._changed:
            assert self._changed.wait_for(ask, PATIENCE), self.reports
            return ask()

    def of(self, *kind: Any) -> list[tuple[Any, ...]]:
        """The reports that begin with these values."""
        return [report for report in self.reports if report[: len(kind)] == kind]

    def _note(self, *report: Any) -> None:
        with self._changed:
            self.reports.append(report)
            self._changed.notify_all()

    # Reports

    def worker_ready(self, node: Any, pid: int | None) -> None:
        self._note("ready", pid)

    def finished(self, node: Any, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            self._note("finished", outcome.batch_number, outcome)

    def skipped(self, node: Any, batch_number: int) -> None:
        self._note("skipped", batch_number)

    def widened(self, node: Any, width: int) -> None:
        self._note("widened", width)

    def message(self, node: Any, batch_number: int, index: int, value: Any) -> None:
        self._note("message", batch_number, index, value)

    def exited(self, node: Any, exit: WorkerExit) -> None:
        self._note("exited", exit)


def unread(fd: int) -> int:
    """The bytes that are in a pipe."""
    return int.from_bytes(fcntl.ioctl(fd, termios.FIONREAD, bytes(4)), sys.byteorder)


class Driver:
    """A crew with one worker."""

    def __init__(self, kind: str, **options: Any) -> None:
        self.kind = kind
        self.recorder = Recorder()
        self.crew = crew_class(kind)(PoolOptions(worker=kind, min_size=1, **options), self.recorder)
        self.crew.open()
        self.worker = self.crew.spawn(SimpleNamespace(id=1))
        self.worker.start()
        self._number = 0
        self._tasks: dict[int, list[Task]] = {}  # of the latest batch of each number

    def wait_until_ready(self) -> None:
        self.recorder.wait_for(lambda: self.recorder.of("ready") or self.recorder.of("exited"))

    @property
    def pid(self) -> int:
        return self.recorder.of("ready")[-1][1]

    def give(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> int:
        """Send a batch of one; returns its number."""
        return self.give_batch((function, *args), **kwargs)

    def give_batch(self, *calls: tuple[Any, ...], **kwargs: Any) -> int:
        """Send a batch of calls, each a function and its arguments; returns its number."""
        number = self.line_up(*calls, **kwargs)
        self.worker.flush()
        return number

    def line_up(self, *calls: tuple[Any, ...], unless: Container[int] = (), **kwargs: Any) -> int:
        """Post a batch without sending it, under the next number `unless` it is taken."""
        tasks = []
        for function, *args in calls:
            known = KnownFunction(TaskFunction(function, function.__name__))
            tasks.append(Task(known, tuple(args), kwargs, 0.0))
            self.crew.prepare(tasks[-1])
        self._number = self._number % 255 + 1
        while self._number in unless:
            self._number = self._number % 255 + 1
        self._tasks[self._number] = tasks
        self.worker.post(Parcel(self._number, tasks))
        return self._number

    def outcomes(self, number: int, count: int = 1) -> list[Outcome]:
        """The outcomes of a batch, once there are so many."""
        found = self.recorder.wait_for(lambda: len(found := self.recorder.of("finished", number)) >= count and found)
        return [outcome for _, _, outcome in found]

    def outcome(self, number: int) -> Outcome:
        (outcome,) = self.outcomes(number)
        return outcome

    def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """The value of a task; raises what it raised."""
        outcome = self.outcome(self.give(function, *args, **kwargs))
        if outcome.error is not None:
            raise outcome.error
        return outcome.value

    def message(self, number: int, index: int = 0) -> Any:
        """The first message of a task."""
        return self.recorder.wait_for(lambda: self.recorder.of("message", number, index))[0][3]

    def widen(self, width: int) -> None:
        self.worker.widen(width)
        self.recorder.wait_for(lambda: self.recorder.of("widened", width))

    def interrupt(self, number: int, index: int = 0, *, timed_out: bool = False) -> None:
        """Interrupt a task as the pool does, and wait until the worker knows."""
        self._tasks[number][index].interruption = Interruption("asked to", timed_out, math.inf)
        self.worker.interrupt(number, index, timed_out)
        if self.kind == "process":
            eventually(lambda: not unread(self.worker._interrupts._write_fd))

    def stop(self) -> WorkerExit:
        self.worker.stop()
        return self.exit()

    def exit(self) -> WorkerExit:
        """How the worker has ended."""
        return self.recorder.wait_for(lambda: self.recorder.of("exited"))[0][1]

    def close(self) -> None:
        if not self.recorder.of("exited"):
            (self.worker.stop if self.kind == "inline" else self.worker.kill)()
            self.exit()
        self.crew.close()
