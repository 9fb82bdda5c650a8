"""What the system grants to workers: environment, priority, limits, stacks, and how they are born."""

from __future__ import annotations

import logging
import os
import resource
from collections.abc import Callable

import pytest

from tests.engine import functions
from tests.engine.polling import children, nursery_pids
from tests.engine.workers import duties
from tests.engine.workers.direct import Driver

Drive = Callable[..., Driver]

METHODS = pytest.mark.parametrize("start_method", ["fork", "exec"])


@METHODS
def test_the_environment_of_processes_is_the_servers_and_what_the_options_add(
    drive: Drive, start_method: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("POOLAPP_TEST_SERVER", "here")
    monkeypatch.setenv("POOLAPP_TEST_BOTH", "here")

    driver = drive(
        "process",
        env={"POOLAPP_TEST_BOTH": "there", "POOLAPP_TEST_WORKER": "there"},
        worker_options={"start_method": start_method},
    )

    names = ("POOLAPP_TEST_SERVER", "POOLAPP_TEST_BOTH", "POOLAPP_TEST_WORKER")
    assert [driver.run(duties.environment, name) for name in names] == ["here", "there", "there"]
    assert "POOLAPP_TEST_WORKER" not in os.environ


@METHODS
def test_processes_give_way_as_far_as_they_are_told(drive: Drive, start_method: str):
    here = os.getpriority(os.PRIO_PROCESS, 0)

    driver = drive("process", worker_options={"nice": 3, "start_method": start_method})

    assert driver.run(duties.niceness) == here + 3
    assert os.getpriority(os.PRIO_PROCESS, nursery_pids()[0]) == here


@METHODS
def test_processes_have_their_limits(drive: Drive, start_method: str):
    driver = drive("process", worker_options={"limits": {"NOFILE": 99, "CORE": 0}, "start_method": start_method})

    assert driver.run(duties.limit, "NOFILE")[0] == 99
    assert driver.run(duties.limit, "CORE")[0] == 0
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] != 99


@METHODS
def test_a_worker_that_cannot_have_what_it_is_granted_says_why(drive: Drive, start_method: str):
    more_than_any_system_has = {"NOFILE": 2**62}

    driver = drive("process", worker_options={"limits": more_than_any_system_has, "start_method": start_method})

    exit = driver.exit()
    assert exit.reason == "ended with exit code 1"
    assert exit.error is not None
    assert "setrlimit" in exit.error


def test_processes_from_scratch_are_fresh_interpreters_and_nobody_warns(drive: Drive, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING, "poolapp"):
        driver = drive(
            "process",
            worker_options={"start_method": "exec"},
            initializer="tests.engine.functions:start_a_thread",
        )

        assert driver.run(functions.thread_names) == ["MainThread", "metrics"]

    assert "worker" in driver.run(duties.command_line).split("\0")
    assert driver.pid in children(nursery_pids()[0])
    assert caplog.text == ""


def test_processes_are_forked_unless_told_otherwise(drive: Drive):
    driver = drive("process")

    assert "nursery" in driver.run(duties.command_line).split("\0")


@pytest.mark.parametrize("kind", ["thread", "process"])
def test_worker_threads_have_the_stacks_they_are_granted(drive: Drive, kind: str):
    driver = drive(kind, worker_options={"stack_size": 64 * 2**20})
    driver.widen(2)

    assert all(driver.run(duties.size_of_the_stack) >= 60 * 2**20 for _ in range(4))
