"""Signals come at any moment, also in the middle of giving a task or waiting for one."""

from __future__ import annotations

import concurrent.futures
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

import pytest

from poolapp.engine import Pool, TaskFuture
from tests.contracts.conftest import books
from tests.engine import functions
from tests.engine.polling import eventually


@pytest.fixture
def given_by_a_handler(pool: Pool) -> Iterator[list[TaskFuture]]:
    """The futures of tasks that a signal handler gives, about every millisecond of work of this process."""
    futures: list[TaskFuture] = []
    before = signal.signal(signal.SIGVTALRM, lambda *_: futures.append(pool.execute(functions.add, 1, 1)))
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.001, 0.001)
    yield futures
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


def test_a_signal_handler_may_give_tasks(pool: Pool, given_by_a_handler: list[TaskFuture]):
    futures = [pool.execute(functions.add, number, 1) for number in range(3000)]
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    assert concurrent.futures.wait(futures, timeout=20).not_done == set()
    # A signal that another thread has taken may reach its handler, in this one, a moment after the timer has ended.
    assert concurrent.futures.wait(given_by_a_handler, timeout=20).not_done == set()

    assert given_by_a_handler
    assert [future.result() for future in futures] == list(range(1, 3001))
    assert {future.result() for future in given_by_a_handler} == {2}
    eventually(lambda: books(pool)["executed"] == len(futures) + len(given_by_a_handler))
    snapshot = pool.snapshot()
    assert (snapshot["state"], snapshot["busy_worker_nodes"]) == ("ready", 0)


def test_a_signal_handler_may_give_tasks_while_one_waits_for_results(pool: Pool, given_by_a_handler: list[TaskFuture]):
    results = [pool.execute(functions.add, number, 1).result(10) for number in range(1000)]
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    assert results == list(range(1, 1001))
    assert concurrent.futures.wait(given_by_a_handler, timeout=20).not_done == set()
    assert {future.result() for future in given_by_a_handler} <= {2}


class GivingAnother:
    """A profile function: at the given step of this thread through the engine, another task is given."""

    def __init__(self, pool: Pool, step: int) -> None:
        self._pool = pool
        self._left = step
        self.future: TaskFuture | None = None

    def __call__(self, frame: FrameType, _event: str, _argument: object) -> None:
        if "poolapp/engine" in frame.f_code.co_filename:
            self._left -= 1
            if not self._left:
                self.future = self._pool.execute(functions.add, 40, 2)


@pytest.mark.parametrize("cancelled", [False, True], ids=["giving one", "cancelling one"])
def test_another_task_may_be_given_at_every_step_of(pool: Pool, cancelled: bool):
    """As a signal handler or a `__del__` may do, which run in between without asking."""
    executed = 0
    for step in range(1, 2000):
        interruption = GivingAnother(pool, step)
        sys.setprofile(interruption)
        try:
            future = pool.execute(functions.add, step, 1)
            if cancelled:
                future.cancel()
        finally:
            sys.setprofile(None)

        assert concurrent.futures.wait([future], 5).done, f"at step {step}"
        assert future.cancelled() or future.result() == step + 1, f"at step {step}"
        executed += not future.cancelled()
        if interruption.future is None:
            break  # that was the last one
        assert interruption.future.result(5) == 42, f"at step {step}"
        executed += 1

    assert 20 < step < 1999
    assert books(pool)["executed"] == executed
    eventually(lambda: pool.snapshot()["busy_worker_nodes"] == 0)
    assert pool.snapshot()["state"] == "ready"


class Interrupted(Exception):
    """What a signal handler raises."""


@pytest.fixture
def interrupting_signal() -> Iterator[None]:
    def interrupt(*_: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGUSR1, interrupt)
    yield
    signal.signal(signal.SIGUSR1, before)


def wait_and_be_interrupted(future: TaskFuture, after: float) -> None:
    """Wait for a task that does not end, and be interrupted after so many seconds."""
    interruption = threading.Timer(after, signal.pthread_kill, (threading.main_thread().ident, signal.SIGUSR1))
    interruption.start()
    future.result(10)


@pytest.mark.usefixtures("interrupting_signal")
@pytest.mark.parametrize("after", [0.001, 0.02])
def test_who_is_interrupted_while_waiting_may_wait_again(pool: Pool, occupied, after: float):
    with occupied(pool) as occupation:
        future = pool.execute(functions.add, 1, 1)

        with pytest.raises(Interrupted):
            wait_and_be_interrupted((occupation.futures or [future])[0], after)

    assert future.result(10) == 2
    assert [future.result(10) for future in occupation.futures] == ["passed", "passed"]
