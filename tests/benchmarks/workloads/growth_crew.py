"""Workers that are simulated: they take what they are sent, and answer when they are told to."""

from __future__ import annotations

import time
from collections import deque
from typing import Any, ClassVar

from poolapp.engine.node import Batch, WorkerNode
from poolapp.engine.options import PoolOptions
from poolapp.engine.outcomes import Outcome, WorkerExit
from poolapp.engine.tasks import Task, TaskFunction
from poolapp.engine.workers.base import Reports

# So long do tasks run, as workers say: too long for several to be sent in one message, so each counts in full.
RUN_SECONDS = 0.01


class SimulatedCrew:
    """Makes workers that share one list of what they were sent; the latest crew is `latest`."""

    takes_batches: ClassVar[bool] = True  # as processes do
    can_interrupt: ClassVar[bool] = True
    can_freeze: ClassVar[bool] = False
    can_be_heard: ClassVar[bool] = False
    latest: ClassVar[SimulatedCrew]

    def __init__(self, options: PoolOptions, reports: Reports) -> None:
        self._reports = reports
        self.sent: deque[Batch] = deque()
        SimulatedCrew.latest = self

    def answer(self) -> None:
        """Let the worker that was sent something first say that it is done."""
        batch = self.sent.popleft()
        began = time.monotonic() - RUN_SECONDS
        outcomes = [Outcome(None, None, "", began, RUN_SECONDS, RUN_SECONDS, batch.number) for _ in batch.tasks]
        self._reports.finished(batch.node, outcomes)

    def spawn(self, node: WorkerNode) -> SimulatedWorker:
        return SimulatedWorker(node, self._reports, self.sent)

    def prepare(self, task: Task) -> None:
        """There is nothing to encode."""

    def check(self, function: TaskFunction) -> None:
        """Any function will do: it is not run."""

    def open(self) -> None:
        """There is nothing to open."""

    def close(self) -> None:
        """There is nothing to close."""

    def abandon(self) -> None:
        """There is nothing to abandon."""

    def describe(self) -> dict[str, Any]:
        return {}


class SimulatedWorker:
    """Ready at once."""

    def __init__(self, node: WorkerNode, reports: Reports, sent: deque[Batch]) -> None:
        self._node = node
        self._reports = reports
        self.post = sent.append

    def start(self) -> None:
        self._reports.worker_ready(self._node, None)

    def flush(self) -> None:
        """What is lined up is sent."""

    def listen(self, task: Task, seconds: float) -> None:
        """There is nothing to hear."""

    def take_back(self) -> list[int]:
        return []

    def speak_up(self) -> None:
        """Nothing is held back."""

    def widen(self, width: int) -> None:
        self._reports.widened(self._node, width)

    def interrupt(self, batch_number: int, index: int, timed_out: bool) -> None:
        """Nothing runs."""

    def stop(self) -> None:
        self._reports.exited(self._node, WorkerExit("retired"))

    kill = stop
