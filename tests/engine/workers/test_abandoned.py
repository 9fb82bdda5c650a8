"""Threads that were given up: counted while they run, and a limit to how many there can be."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from poolapp.engine import PoolError
from tests.engine import functions
from tests.engine.gates import Gate
from tests.engine.polling import eventually
from tests.engine.workers.direct import Driver

Drive = Callable[..., Driver]


def abandoned(driver: Driver) -> int:
    return driver.crew.describe()["abandoned_threads"]


def give_up(driver: Driver, gate: Gate) -> None:
    """Have the worker run a task that does not end, and give it up."""
    driver.give(functions.pass_gate, *gate.paths)
    gate.wait_for_task()
    driver.worker.kill()


def replace(driver: Driver, node_id: int) -> None:
    """Give the driver a new worker."""
    driver.recorder.reports.clear()
    driver.worker = driver.crew.spawn(SimpleNamespace(id=node_id))
    driver.worker.start()
    driver.wait_until_ready()


def test_a_crew_counts_the_threads_that_it_has_given_up_until_they_end(drive: Drive, gate: Gate):
    driver = drive("thread", max_size=3)
    assert abandoned(driver) == 0

    give_up(driver, gate)
    assert abandoned(driver) == 1
    gate.open()

    eventually(lambda: abandoned(driver) == 0)


def test_a_thread_that_ends_at_once_is_not_counted_for_long(drive: Drive):
    driver = drive("thread")

    driver.worker.kill()

    eventually(lambda: abandoned(driver) == 0)


def test_all_busy_threads_of_a_wide_worker_count(drive: Drive, gate: Gate):
    driver = drive("thread")
    driver.widen(3)
    driver.give(functions.pass_gate, *gate.paths)
    gate.wait_for_task()

    give_up(driver, gate)

    eventually(lambda: abandoned(driver) == 2)
    gate.open(2)
    eventually(lambda: abandoned(driver) == 0)


def test_a_worker_is_replaced_while_no_more_were_given_up_than_the_pool_may_have(drive: Drive, gate: Gate):
    driver = drive("thread", max_size=2)
    for node_id in (2, 3):
        give_up(driver, gate)
        replace(driver, node_id)
    give_up(driver, gate)

    with pytest.raises(PoolError, match=r"more than 2.*given up and still run, not 3"):
        driver.crew.spawn(SimpleNamespace(id=4))

    gate.open(3)
    eventually(lambda: abandoned(driver) == 0)
    replace(driver, 5)
    assert driver.run(functions.add, 1, 2) == 3
