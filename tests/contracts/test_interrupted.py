"""A signal handler raises in the middle of anything: no future waits for ever, and the pool goes on."""

from __future__ import annotations

import concurrent.futures
import os
import random
import sys
from types import FrameType

import pytest

from poolapp.engine import Pool, TaskFuture, TaskNotPicklable, WorkerLost
from tests.contracts.conftest import books
from tests.engine import functions
from tests.engine.polling import eventually

# The socket of a worker that was just being made is closed when nobody refers to it any more.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
SECONDS = 30
ENGINE = f"{os.sep}engine{os.sep}"


class Ring(Exception):
    """What a time-out by SIGALRM raises."""


class RaisingAt:
    """A profile function: at the given step of this thread through the engine, it raises as a handler would.

    That is where handlers may run: as a function begins, and when a call of C code has returned.
    """

    def __init__(self, step: int) -> None:
        self._left = step

    @property
    def has_raised(self) -> bool:
        return self._left <= 0

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        if event in ("call", "c_return") and ENGINE in frame.f_code.co_filename:
            self._left -= 1
            if self.has_raised:
                sys.setprofile(None)
                raise Ring


def still_works(pool: Pool) -> bool:
    """Whether a task comes to a good end; the first may be lost while the pool begins anew."""
    return any(pool.execute(functions.add, 1, 1).exception(SECONDS) is None for _ in range(3))


def is_whole(pool: Pool) -> bool:
    """Whether the pool works and its books balance."""
    counted = books(pool)
    submitted = counted.pop("submitted")
    return submitted == sum(counted.values()) and not counted["executing"] and not counted["queued"]


def submit_until_interrupted(pool: Pool, step: int) -> tuple[list[TaskFuture], bool]:
    """Give tasks, and be interrupted at a step; returns what was given, and whether it came to that."""
    futures = [pool.execute(functions.add, number, 0) for number in range(10)]
    raising = RaisingAt(step)
    sys.setprofile(raising)
    try:
        futures.append(pool.execute(functions.add, 10, 0))
    except (Ring, TaskNotPicklable):  # the latter if it came while the arguments were pickled
        pass
    finally:
        sys.setprofile(None)
    return futures, raising.has_raised


@pytest.mark.parametrize("seed", range(3))
def test_whatever_execute_was_about_when_a_handler_raised_nobody_waits_in_vain(pool: Pool, seed: int):
    rng = random.Random(seed)
    interrupted = 0
    for _ in range(40):
        futures, has_raised = submit_until_interrupted(pool, rng.randint(1, 70))
        interrupted += has_raised
        done = concurrent.futures.wait(futures, timeout=SECONDS)
        assert done.not_done == set()
        errors = {type(error) for future in futures if (error := future.exception(0)) is not None}
        assert errors <= {WorkerLost, Ring}  # in an inline worker, it may come in the middle of a task
        assert still_works(pool)

    assert interrupted > 10
    eventually(lambda: is_whole(pool))
