"""Stand-ins: a clock that is moved by hand, and workers that do what the test tells them."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

from poolapp.engine.node import Batch, WorkerNode
from poolapp.engine.options import PoolOptions
from poolapp.engine.outcomes import Outcome, WorkerExit
from poolapp.engine.tasks import Task, TaskFunction
from poolapp.engine.workers.base import Reports


class FakeClock:
    """Time stands still unless the test moves it."""

    def __init__(self, monotonic: float = 100.0, wall: float = 1_700_000_000.0) -> None:
        self.now, self.offset = monotonic, wall - monotonic

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now + self.offset


class ManualCrew:
    """Makes workers that do nothing of their own accord; the latest crew is `latest`."""

    takes_batches: ClassVar[bool] = False
    can_be_heard: ClassVar[bool] = False
    can_interrupt: ClassVar[bool] = True
    can_freeze: ClassVar[bool] = False
    latest: ClassVar[ManualCrew]

    def __init__(self, options: PoolOptions, reports: Reports) -> None:
        self.reports = reports
        self.workers: list[ManualWorker] = []
        self.is_open = False
        type(self).latest = self

    def prepare(self, task: Task) -> None:
        pass

    def check(self, function: TaskFunction) -> None:
        pass

    def open(self) -> None:
        self.is_open = True

    def spawn(self, node: WorkerNode) -> ManualWorker:
        self.workers.append(ManualWorker(node, self.reports))
        return self.workers[-1]

    def close(self) -> None:
        self.is_open = False

    def abandon(self) -> None:
        self.is_open = False

    def describe(self) -> dict[str, Any]:
        return {"crew": "manual"}


class ManualWorker:
    """Takes note of what it is told."""

    def __init__(self, node: WorkerNode, reports: Reports) -> None:
        self.node = node
        self._reports = reports
        self.posted: list[Batch] = []
        self.sent: list[Batch] = []
        self.unbegun: list[int] = []
        self.widths: list[int] = []
        self.interrupts: list[tuple[int, int, bool]] = []
        self.was_stopped = threading.Event()
        self.was_killed = threading.Event()

    def start(self) -> None:
        pass

    def post(self, batch: Batch) -> None:
        self.posted.append(batch)

    def flush(self) -> None:
        self.sent += self.posted
        self.posted.clear()

    def listen(self, task: Task, seconds: float) -> None:
        pass

    def take_back(self) -> list[int]:
        unbegun, self.unbegun = self.unbegun, []
        return unbegun

    def speak_up(self) -> None:
        pass

    def widen(self, width: int) -> None:
        self.widths.append(width)

    def interrupt(self, batch_number: int, index: int, timed_out: bool) -> None:
        self.interrupts.append((batch_number, index, timed_out))

    def stop(self) -> None:
        self.was_stopped.set()
        self.exit("retired")

    def kill(self) -> None:
        self.was_killed.set()
        self.exit("killed by SIGKILL")

    # What the test lets it do

    def become_ready(self) -> None:
        self._reports.worker_ready(self.node, 4711)

    def answer(self, value: Any = None, error: BaseException | None = None) -> None:
        number = self.node.batches[0].number if self.node.batches else 0
        self._reports.finished(self.node, [Outcome(value, error, "", 0.0, 0.5, 0.0, number)])

    def exit(self, reason: str) -> None:
        self._reports.exited(self.node, WorkerExit(reason))
