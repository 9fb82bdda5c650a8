"""While the nursery sets itself up, or has just died, what is asked of it meanwhile is not lost."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

import pytest

from poolapp.engine import Pool
from tests.engine import functions
from tests.engine.gates import Gate
from tests.engine.polling import eventually, is_alive, nursery_pids

MakePool = Callable[..., Pool]


@pytest.fixture
def setting_up(make_pool: MakePool, gate: Gate) -> Pool:
    """A pool of two whose set-up takes until the gate is opened."""
    pool = make_pool(
        min_size=2, stop_timeout=0.1, initializer="tests.engine.functions:pass_gate", initializer_args=gate.paths
    )
    gate.wait_for_task()
    return pool


def test_hard_restarts_meanwhile_cost_no_task(setting_up: Pool, gate: Gate):
    future = setting_up.execute(functions.add, 1, 1)
    (nursery,) = nursery_pids()

    restarts = [setting_up.restart_workers(mode="hard") for _ in range(4)]
    gate.open(10)

    assert future.result(10) == 2
    assert nursery_pids() == [nursery]
    assert [sorted(restart.result(10)) for restart in restarts] == [[1, 2], [3, 4], [5, 6], [7, 8]]


def test_a_smaller_size_meanwhile_costs_no_task(setting_up: Pool, gate: Gate):
    future = setting_up.execute(functions.add, 1, 1)
    exits: list[bool] = []
    setting_up.on("worker_exit", lambda event: exits.append(event.details["expected"]))

    setting_up.resize(1)
    gate.open(10)

    assert future.result(10) == 2
    eventually(lambda: len(setting_up.snapshot()["workers"]) == 1)
    assert exits == [True]


def test_a_nursery_that_nobody_needs_any_more_does_not_set_up_in_vain(setting_up: Pool):
    future = setting_up.execute(functions.add, 1, 1)
    (nursery,) = nursery_pids()

    setting_up.destroy(timeout=0)

    assert future.done()
    assert not is_alive(nursery)


def test_a_worker_that_is_wanted_as_the_nursery_dies_is_born_in_the_next(make_pool: MakePool):
    pool = make_pool(min_size=1)
    eventually(lambda: pool.snapshot()["ready"])
    exits: list[int] = []
    pool.on("worker_exit", lambda event: exits.append(event.details["worker"]))
    (nursery,) = nursery_pids()
    may_hear = threading.Event()
    pool._core.crew._reactor.call_soon(lambda: may_hear.wait(10))  # type: ignore[attr-defined]
    os.kill(nursery, signal.SIGKILL)
    eventually(lambda: not is_alive(nursery))

    pool.resize(2)
    may_hear.set()

    eventually(lambda: {worker["id"] for worker in pool.snapshot()["workers"] if worker["state"] == "idle"} == {2, 3})
    assert exits == [1]
