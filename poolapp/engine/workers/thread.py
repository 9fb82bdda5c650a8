"""Workers that are threads of this process."""

from __future__ import annotations

import logging
import os
import threading
from typing import Any, ClassVar

from poolapp.engine.errors import PoolError, TaskAborted, TaskTimeout
from poolapp.engine.node import Batch, WorkerNode
from poolapp.engine.options import PoolOptions
from poolapp.engine.outcomes import WorkerExit
from poolapp.engine.tasks import Task
from poolapp.engine.workers.base import Reports
from poolapp.engine.workers.interruptible import RunningTask
from poolapp.engine.workers.lanes import Lanes
from poolapp.engine.workers.local import LocalCrew, run_here
from poolapp.engine.workers.running import TaskRunner, describe

logger = logging.getLogger("poolapp")

Job = tuple[Batch, list[RunningTask]]


class ThreadCrew(LocalCrew):
    """Makes workers of threads; they report for themselves."""

    can_interrupt: ClassVar[bool] = True

    def __init__(self, options: PoolOptions, reports: Reports) -> None:
        super().__init__(options, reports)
        self._abandoned = AbandonedWorkers()

    def spawn(self, node: WorkerNode) -> ThreadWorker:
        """Raises PoolError while more workers than the pool may have were given up and still run."""
        options = self._options
        if len(given_up := self._abandoned.still_running()) > options.limit:
            raise PoolError(
                f"a pool takes no new thread worker while more than {options.limit}, the most it may have, were given"
                f" up and still run, not {len(given_up)}"
            )
        name = f"poolapp-{options.name}-{node.id}"
        return ThreadWorker(
            node, name, self._runner(), self._reports, self._abandoned, options.worker_options.stack_size
        )

    def describe(self) -> dict[str, Any]:
        return {"abandoned_threads": sum(worker.living_threads for worker in self._abandoned.still_running())}


class AbandonedWorkers:
    """Workers that were given up: a thread cannot be ended, so they end when they can."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._workers: list[ThreadWorker] = []

    def add(self, worker: ThreadWorker) -> None:
        with self._lock:
            self._workers.append(worker)

    def still_running(self) -> list[ThreadWorker]:
        """Those that have not ended; the others are forgotten."""
        with self._lock:
            self._workers = [worker for worker in self._workers if worker.living_threads]
            return list(self._workers)


class ThreadWorker:
    """One thread or, once it was widened, several with one inbox."""

    def __init__(
        self,
        node: WorkerNode,
        name: str,
        runner: TaskRunner,
        reports: Reports,
        abandoned: AbandonedWorkers,
        stack_size: int | None = None,
    ) -> None:
        self._node = node
        self._reports = reports
        self._runner = runner
        self._abandoned = abandoned
        self._lanes: Lanes[Job] = Lanes(name, self._run, self._end, stack_size)
        self._running: dict[tuple[int, int], RunningTask] = {}  # by batch and index, from the moment they are posted
        self._gone = False
        self._going = threading.Lock()

    @property
    def living_threads(self) -> int:
        return self._lanes.living

    def start(self) -> None:
        self._lanes.grow(1, lambda: self._reports.worker_ready(self._node, os.getpid()))

    def post(self, batch: Batch) -> None:
        tasks = [RunningTask(task.name, batch.number, index, self._tell) for index, task in enumerate(batch.tasks)]
        for index, running in enumerate(tasks):
            self._running[batch.number, index] = running
        self._lanes.put((batch, tasks))

    def flush(self) -> None:
        """Posting was sending."""

    def listen(self, task: Task, seconds: float) -> None:
        """The thread speaks for itself."""

    def take_back(self) -> list[int]:
        numbers: list[int] = []
        for batch, tasks in self._lanes.take_back():
            numbers.extend([batch.number] * len(tasks))
            for index in range(len(tasks)):
                self._running.pop((batch.number, index), None)
        return numbers

    def widen(self, width: int) -> None:
        self._runner.widen()
        try:
            if self._lanes.grow(width, self._report_width):
                return
        except RuntimeError:  # no more threads
            logger.exception("A worker could not be widened to %s", width)
        self._report_width()

    def interrupt(self, batch_number: int, index: int, timed_out: bool) -> None:
        if (running := self._running.get((batch_number, index))) is not None:
            running.ask(TaskTimeout if timed_out else TaskAborted)

    def stop(self) -> None:
        self._lanes.close()

    def kill(self) -> None:
        """A thread cannot be ended from outside: it is given up, and ends after its task."""
        self.stop()
        self._abandoned.add(self)
        self._exit("given up; a thread cannot be killed")

    def _run(self, job: Job) -> None:
        batch, tasks = job
        for running, task in zip(tasks, batch.tasks, strict=True):
            outcome = run_here(self._runner, running, task)
            running.is_over = True
            self._running.pop((batch.number, running.index), None)
            if self._gone:
                return
            self._reports.finished(self._node, [outcome])

    def _end(self, error: BaseException | None) -> None:
        if error is not None:
            self._lanes.close()
            self._exit(f"raised {describe(error)}")
            return
        self._runner.close()
        self._exit("retired")

    def _exit(self, reason: str) -> None:
        with self._going:
            was_gone, self._gone = self._gone, True
        if not was_gone:
            self._reports.exited(self._node, WorkerExit(reason))

    def _tell(self, running: RunningTask, message: Any) -> None:
        self._reports.message(self._node, running.number, running.index, message)

    def _report_width(self) -> None:
        self._reports.widened(self._node, self._lanes.width)
