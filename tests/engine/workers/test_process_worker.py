"""The pool's end of a process worker, without the process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from poolapp.engine.node import WorkerNode
from poolapp.engine.options import PoolOptions
from poolapp.engine.tasks import KnownFunction, Task, TaskFunction
from poolapp.engine.workers.inline import InlineCrew
from poolapp.engine.workers.process import ProcessCrew, _describe
from poolapp.engine.workers.remote import ProcessWorker
from poolapp.engine.workers.thread import ThreadCrew
from tests.engine import functions
from tests.engine.workers.direct import Parcel


@pytest.fixture
def worker() -> Iterator[ProcessWorker]:
    """A worker that was not started; its crew is open."""
    crew = ProcessCrew(PoolOptions(), reports=None)  # type: ignore[arg-type]
    crew.open()
    worker = crew.spawn(WorkerNode(1, 0, dynamic=False, now=0.0))
    yield worker
    worker._release()
    worker._remote.close()
    crew.close()


def make_tasks(count: int) -> list[Task]:
    known = KnownFunction(TaskFunction(functions.nothing, "nothing"))
    return [Task(known, (), {}, 0.0) for _ in range(count)]


def test_what_was_sent_comes_back_as_long_as_it_has_not_begun(worker: ProcessWorker):
    batch = Parcel(1, make_tasks(2))
    worker.post(batch)
    worker.flush()

    assert worker.take_back() == [batch.number] * 2
    assert worker.take_back() == []


def test_what_is_posted_but_not_sent_comes_back(worker: ProcessWorker):
    """Another thread may be about to send it when the worker dies, or when it is cancelled."""
    batch = Parcel(1, make_tasks(2))
    worker.post(batch)

    assert worker.take_back() == [batch.number] * 2
    worker.flush()
    assert worker.take_back() == []


@pytest.mark.parametrize(
    "exit_code, words",
    [
        (0, "ended with exit code 0"),
        (3, "ended with exit code 3"),
        (-9, "killed by SIGKILL (out of memory?)"),
        (-15, "killed by SIGTERM"),
        (-11, "killed by SIGSEGV"),
        (-60, "killed by signal 60"),
    ],
)
def test_the_end_of_a_process_in_words(exit_code: int, words: str):
    assert _describe(exit_code) == words


def test_crews_of_processes_and_of_threads_take_batches():
    assert ProcessCrew.takes_batches
    assert ThreadCrew.takes_batches
    assert not InlineCrew.takes_batches
