"""Workers that run their tasks at once, in the thread that sends them: for tests and for debugging."""

from __future__ import annotations

import os
from typing import Any

from poolapp.engine.node import Batch, WorkerNode
from poolapp.engine.outbox import Outbox
from poolapp.engine.outcomes import Outcome, WorkerExit
from poolapp.engine.tasks import Task
from poolapp.engine.workers.base import Reports
from poolapp.engine.workers.here import here
from poolapp.engine.workers.interruptible import RunningTask
from poolapp.engine.workers.local import LocalCrew, run_here
from poolapp.engine.workers.running import TaskRunner


class InlineCrew(LocalCrew):
    """Makes workers without a thread of their own."""

    def spawn(self, node: WorkerNode) -> InlineWorker:
        return InlineWorker(node, self._runner(), self._reports)


class InlineWorker:
    """Runs what it is sent, in the sender's thread."""

    def __init__(self, node: WorkerNode, runner: TaskRunner, reports: Reports) -> None:
        self.node = node
        self.reports = reports
        self._runner = runner
        self._outbox: Outbox[Batch] = Outbox(self._run)

    def start(self) -> None:
        self.reports.worker_ready(self.node, os.getpid())

    def post(self, batch: Batch) -> None:
        self._outbox.put(batch)

    def flush(self) -> None:
        self._outbox.drain()

    def listen(self, task: Task, seconds: float) -> None:
        """There is nothing to wait for."""

    def take_back(self) -> list[int]:
        return []

    def unbegun(self) -> int:
        return 0

    def memory(self) -> int | None:
        return None

    def speak_up(self) -> None:
        """Nothing is held back."""

    def widen(self, width: int) -> None:
        """Stay as it is: what a sender sends runs in its thread, one task after another."""
        self.reports.widened(self.node, 1)

    def interrupt(self, batch_number: int, index: int, timed_out: bool) -> None:
        """Whoever could ask is the one who runs the task."""

    def run_here(self, batch: Batch) -> None:
        self._run(batch)

    def stop(self) -> None:
        self._runner.close()
        self.reports.exited(self.node, WorkerExit("retired"))

    def kill(self) -> None:
        self.reports.exited(self.node, WorkerExit("given up"))

    def _run(self, batch: Batch) -> None:
        before, here.worker = here.worker, self  # which may be another, or that of another pool
        try:
            self._run_all(batch)
        finally:
            here.worker = before

    def _run_all(self, batch: Batch) -> None:
        for index, task in enumerate(batch.tasks):
            running = RunningTask(task.name, batch.number, index, self._tell)
            outcome = self._perform(running, task)
            running.is_over = True
            self.reports.finished(self.node, [outcome])

    def _perform(self, running: RunningTask, task: Task) -> Outcome:
        return run_here(self._runner, running, task)

    def _tell(self, running: RunningTask, message: Any) -> None:
        self.reports.message(self.node, running.number, running.index, message)
