"""The thread that waits for a task hears the worker itself, the main thread as well, and signals do no harm there."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from itertools import count
from types import FrameType

import pytest

from poolapp.engine import Pool, TaskFuture, WorkerLost
from tests.engine import functions

MakePool = Callable[..., Pool]
ROUNDS = 150
SEED = 2026


class Alarmed(Exception):
    """What the signal handler raises."""


@pytest.fixture
def alarm() -> Iterator[list[bool]]:
    """A handler of SIGUSR1 that raises in who hears a worker, as long as the list says so."""
    raises = [False]

    def handle(_signal: int, frame: FrameType | None) -> None:
        names = {caller.f_code.co_name for caller, _ in traceback.walk_stack(frame)}
        # What else the listener may happen to do in between, such as to start a worker, is another matter.
        if raises[0] and "listen" in names and "_spawn" not in names:
            raise Alarmed

    before = signal.signal(signal.SIGUSR1, handle)
    yield raises
    signal.signal(signal.SIGUSR1, before)


def test_the_main_thread_hears_the_worker_itself(make_pool: MakePool):
    pool = make_pool()
    hearers: set[int] = set()
    pool.execute(functions.add, 1, 1).result(10)
    report = pool._core.finished

    def note(*args: object) -> None:
        hearers.add(threading.get_ident())
        report(*args)  # type: ignore[arg-type]

    pool._core.finished = note  # type: ignore[method-assign]
    assert [pool.execute(functions.add, number, 1).result(10) for number in range(50)] == list(range(1, 51))

    assert threading.get_ident() in hearers


def test_who_does_not_wait_for_long_leaves_it_to_others(make_pool: MakePool):
    pool = make_pool()

    with pytest.raises(TimeoutError):
        pool.execute(time.sleep, 0.5).result(0.001)


def test_a_handler_that_raises_while_the_main_thread_hears_leaves_nobody_waiting(
    make_pool: MakePool, alarm: list[bool]
):
    """The signal comes at a random moment of the wait; whatever it costs, every future is settled."""
    pool, rng, futures = make_pool(min_size=2), random.Random(SEED), list[TaskFuture]()
    numbers = count()
    for _ in range(ROUNDS):
        batch = [pool.execute(functions.add, next(numbers), 0) for _ in range(4)]
        futures += batch
        timer = threading.Timer(rng.uniform(0, 0.0008), os.kill, (os.getpid(), signal.SIGUSR1))
        timer.start()
        try:
            alarm[0] = True
            for future in batch:
                future.result(10)
            alarm[0] = False
        except (Alarmed, WorkerLost):
            alarm[0] = False
        timer.join()

    outcomes = [future.exception(10) or future.result() for future in futures]

    for number, outcome in enumerate(outcomes):
        assert outcome == number or isinstance(outcome, WorkerLost)
    assert pool.execute(functions.add, 1, 1).result(10) == 2
