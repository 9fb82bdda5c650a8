"""Workers that are threads of this process."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any, ClassVar

from poolapp.engine.errors import PoolError, TaskAborted, TaskTimeout
from poolapp.engine.node import Batch, WorkerNode
from poolapp.engine.options import PoolOptions
from poolapp.engine.outcomes import Outcome, WorkerExit
from poolapp.engine.tasks import Task
from poolapp.engine.workers.base import Reports
from poolapp.engine.workers.here import here
from poolapp.engine.workers.interruptible import RunningTask
from poolapp.engine.workers.lanes import Lanes
from poolapp.engine.workers.local import LocalCrew, run_here
from poolapp.engine.workers.running import TaskRunner, describe

logger = logging.getLogger("poolapp")

# So long may the answer of a task wait for those of the tasks behind it.
HOLD_SECONDS = 0.0005


class Job:
    """What a thread does in one go: a batch. Its tasks are begun from the front, and taken back from the end."""

    __slots__ = ("left", "number", "running", "size")

    def __init__(self, batch: Batch) -> None:
        self.number = batch.number
        self.size = len(batch.tasks)
        self.left = deque(enumerate(batch.tasks))
        self.running: RunningTask | None = None

    def take_back(self) -> Iterator[int]:
        """Take back what has not begun; yields the batch's number, once for every task."""
        with contextlib.suppress(IndexError):  # the thread was quicker
            while self.left:
                self.left.pop()
                yield self.number


class ThreadCrew(LocalCrew):
    """Makes workers of threads; they report for themselves."""

    takes_batches: ClassVar[bool] = True
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
        self.node = node
        self.reports = reports
        self._runner = runner
        self._abandoned = abandoned
        self._lanes: Lanes[Job] = Lanes(name, self._run, self._end, stack_size)
        self._jobs: dict[int, Job] = {}  # by the number of the batch, until all of it is done or was taken back
        self._unsaid: deque[Outcome] = deque()
        self._said_at = 0.0  # a reading of the monotonic clock, in seconds
        self._saying = threading.Lock()
        self._gone = False
        self._going = threading.Lock()

    @property
    def living_threads(self) -> int:
        return self._lanes.living

    def start(self) -> None:
        self._lanes.grow(1, lambda: self.reports.worker_ready(self.node, os.getpid()))

    def post(self, batch: Batch) -> None:
        job = self._jobs[batch.number] = Job(batch)
        self._lanes.put(job)

    def flush(self) -> None:
        """Posting was sending."""

    def listen(self, task: Task, seconds: float) -> None:
        """The thread speaks for itself."""

    def take_back(self) -> list[int]:
        return [number for job in list(self._jobs.values()) for number in job.take_back()]

    def unbegun(self) -> int:
        return sum(len(job.left) for job in list(self._jobs.values()))

    def memory(self) -> int | None:
        return None  # it shares that of the server

    def speak_up(self) -> None:
        self._say(blocking=False)

    def widen(self, width: int) -> None:
        self._runner.widen()
        try:
            if self._lanes.grow(width, self._report_width):
                return
        except RuntimeError:  # no more threads
            logger.exception("A worker could not be widened to %s", width)
        self._report_width()

    def interrupt(self, batch_number: int, index: int, timed_out: bool) -> None:
        job = self._jobs.get(batch_number)
        if job is not None and (running := job.running) is not None and running.index == index:
            running.ask(TaskTimeout if timed_out else TaskAborted)

    def run_here(self, batch: Batch) -> None:
        job = self._jobs[batch.number] = Job(batch)
        self._run(job)

    def stop(self) -> None:
        self._lanes.close()

    def kill(self) -> None:
        """A thread cannot be ended from outside: it is given up, and ends after its task, which is asked to end."""
        self.stop()
        self._abandoned.add(self)
        self._exit("given up; a thread cannot be killed", is_dead=False)
        for job in list(self._jobs.values()):
            if (running := job.running) is not None:
                running.ask(TaskAborted)

    def _run(self, job: Job) -> None:
        here.worker = self
        begun, left = 0, job.left
        while left:
            try:
                index, task = left.popleft()
            except IndexError:  # the pool was quicker to take it back
                break
            begun += 1
            self._perform(job, index, task)
            if self._gone:
                return
        if self._jobs.get(job.number) is job:
            del self._jobs[job.number]
        if begun < job.size:
            self.reports.skipped(self.node, job.number)

    def _perform(self, job: Job, index: int, task: Task) -> None:
        """Run a task; its answer waits a moment for others if there are more to come."""
        if task.timeout is not None:
            self._say()  # its time counts from the answer before
        job.running = running = RunningTask(task.function.name, job.number, index, self._tell)
        if (interruption := task.interruption) is not None:  # since before we were there to be asked
            running.ask(TaskTimeout if interruption.timed_out else TaskAborted)
        outcome = run_here(self._runner, running, task)
        running.is_over = True
        job.running = None
        if self._gone:
            return
        self._unsaid.append(outcome)
        ended_at = outcome.started_at + outcome.run_time
        if not job.left or ended_at - self._said_at >= HOLD_SECONDS:
            self._said_at = ended_at
            self._say()

    def _say(self, *, blocking: bool = True) -> None:
        """Report what is done; whoever comes while another does it need not wait for that.

        One at a time, as answers must not overtake each other, and never by who holds the pool's lock.
        """
        if not self._saying.acquire(blocking=blocking):
            return
        try:
            outcomes = [self._unsaid.popleft() for _ in range(len(self._unsaid))]
            if outcomes:
                self.reports.finished(self.node, outcomes)
        finally:
            self._saying.release()

    def _end(self, error: BaseException | None) -> None:
        if error is not None:
            self._lanes.close()
            self._exit(f"raised {describe(error)}")
            return
        self._runner.close()
        self._exit("retired")

    def _exit(self, reason: str, *, is_dead: bool = True) -> None:
        with self._going:
            was_gone, self._gone = self._gone, True
        if not was_gone:
            self.speak_up()
            self.reports.exited(self.node, WorkerExit(reason, is_dead=is_dead))

    def _tell(self, running: RunningTask, message: Any) -> None:
        self.reports.message(self.node, running.number, running.index, message)

    def _report_width(self) -> None:
        self.reports.widened(self.node, self._lanes.width)
