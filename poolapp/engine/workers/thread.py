"""Workers that are threads of this process."""

from __future__ import annotations

import os
import queue
import threading

from poolapp.engine.node import Batch, WorkerNode
from poolapp.engine.outcomes import WorkerExit
from poolapp.engine.tasks import Task
from poolapp.engine.workers.base import Reports
from poolapp.engine.workers.local import LocalCrew
from poolapp.engine.workers.running import TaskRunner, describe


class ThreadCrew(LocalCrew):
    """Makes threads; they report for themselves."""

    def spawn(self, node: WorkerNode) -> ThreadWorker:
        return ThreadWorker(node, f"poolapp-{self._options.name}-{node.id}", self._runner(), self._reports)


class ThreadWorker:
    """A daemon thread with an inbox."""

    def __init__(self, node: WorkerNode, name: str, runner: TaskRunner, reports: Reports) -> None:
        self._node = node
        self._reports = reports
        self._runner = runner
        self._inbox: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._gone = threading.Event()
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def post(self, batch: Batch) -> None:
        self._inbox.put(batch)

    def flush(self) -> None:
        """Posting was sending."""

    def listen(self, task: Task, seconds: float) -> None:
        """The thread speaks for itself."""

    def take_back(self) -> list[int]:
        numbers: list[int] = []
        while True:
            try:
                batch = self._inbox.get_nowait()
            except queue.Empty:
                return numbers
            if batch is None:
                self._inbox.put(None)
                return numbers
            numbers.extend([batch.number] * len(batch.tasks))

    def stop(self) -> None:
        self._inbox.put(None)

    def kill(self) -> None:
        """A thread cannot be ended from outside: it is given up, and ends after its task."""
        self.stop()
        self._exit("given up; a thread cannot be killed")

    def _live(self) -> None:
        try:
            self._reports.worker_ready(self._node, os.getpid())
            while (batch := self._inbox.get()) is not None:
                self._run(batch)
            self._runner.close()
        except BaseException as exc:
            self._exit(f"raised {describe(exc)}")
        self._exit("retired")

    def _run(self, batch: Batch) -> None:
        for task in batch.tasks:
            outcome = self._runner.run(task.function.function, task.args, task.kwargs)
            if not self._gone.is_set():
                self._reports.finished(self._node, [outcome])

    def _exit(self, reason: str) -> None:
        if not self._gone.is_set():
            self._gone.set()
            self._reports.exited(self._node, WorkerExit(reason))
