"""How process workers come to life: the set-up runs once, and what goes wrong in it reaches those who wait."""

from __future__ import annotations

import errno
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from poolapp.engine import Pool, TaskFuture, WorkerStartFailed
from tests.engine import functions
from tests.engine.polling import children, eventually

MakePool = Callable[..., Pool]


def test_the_initializer_runs_before_the_first_task_with_its_arguments(make_pool: MakePool):
    pool = make_pool(initializer="tests.engine.functions:prepare", initializer_args=("photos", 2))

    assert pool.execute(functions.what_was_prepared).result(10) == ["photos", 2]


@pytest.mark.timeout(15)
def test_large_arguments_of_an_initializer_arrive(make_pool: MakePool):
    large = b"x" * 2_000_000

    pool = make_pool(initializer="tests.engine.functions:prepare", initializer_args=(large,))

    assert pool.execute(functions.what_was_prepared).result(10) == [large]


def test_a_context_manager_goes_around_every_task(make_pool: MakePool):
    pool = make_pool(around_task="tests.engine.functions:counting_around")
    pool.execute(functions.nothing).result(10)

    assert pool.execute(functions.what_was_prepared).result(10) == ["before", "after", "before"]


def test_a_context_manager_that_raises_fails_the_task_alone(make_pool: MakePool):
    pool = make_pool(around_task="tests.engine.functions:refusing_around")

    future = pool.execute(functions.nothing)

    with pytest.raises(PermissionError, match="not now"):
        future.result(10)
    assert pool.snapshot()["restarts"] == 0


@pytest.mark.parametrize(
    "options, text",
    [
        ({"initializer": "tests.engine.functions:not_there"}, "not_there"),
        ({"around_task": "tests.engine.functions:not_there"}, "not_there"),
        ({"initializer_args": (threading.Lock(),), "initializer": "tests.engine.functions:prepare"}, "pickle.*lock"),
        ({"initializer": "tests.engine.functions:leave_while_preparing"}, "nursery|exit code 5"),
    ],
)
def test_those_who_wait_are_told_why_no_worker_can_start(make_pool: MakePool, options: dict, text: str):
    pool = make_pool(**options)

    future = pool.execute(functions.nothing)

    with pytest.raises(WorkerStartFailed, match=text):
        future.result(10)


def test_a_failing_initializer_is_told_with_its_traceback_and_not_tried_in_a_storm(make_pool: MakePool, tmp_path: Path):
    attempts = tmp_path / "attempts"
    pool = make_pool(
        min_size=2, initializer="tests.engine.functions:fail_to_prepare", initializer_args=(str(attempts),)
    )

    future = pool.execute(functions.nothing)

    with pytest.raises(WorkerStartFailed, match="ConnectionError: no database here") as caught:
        future.result(10)
    assert "in fail_to_prepare" in str(caught.value)
    assert 3 <= len(attempts.read_text().splitlines()) <= 6


def test_a_pool_whose_workers_cannot_start_can_be_destroyed(make_pool: MakePool, tmp_path: Path):
    pool = make_pool(initializer="tests.engine.functions:fail_to_prepare", initializer_args=(str(tmp_path / "log"),))
    future = pool.execute(functions.nothing)

    pool.destroy(timeout=0)

    assert future.done()


def test_workers_come_to_life_once_what_hindered_them_is_gone(make_pool: MakePool, tmp_path: Path):
    hindrance = tmp_path / "hindrance"
    hindrance.touch()
    pool = make_pool(initializer="tests.engine.functions:refuse_while_there_is", initializer_args=(str(hindrance),))
    failed = pool.execute(functions.nothing)
    assert isinstance(failed.exception(10), WorkerStartFailed)

    hindrance.unlink()

    assert pool.execute(functions.add, 1, 1).result(10) == 2


def test_a_machine_that_is_short_of_descriptors_is_tried_again(make_pool: MakePool, monkeypatch: pytest.MonkeyPatch):
    refusals = [OSError(errno.EMFILE, "Too many open files")] * 2
    make_pair = socket.socketpair

    def refuse_at_first(*args: object) -> tuple[socket.socket, socket.socket]:
        if refusals:
            raise refusals.pop()
        return make_pair(*args)

    monkeypatch.setattr(socket, "socketpair", refuse_at_first)

    pool = make_pool()

    assert pool.execute(functions.add, 1, 1).result(10) == 2
    assert refusals == []


def test_a_python_that_is_not_there_is_named(make_pool: MakePool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "executable", "/no/such/python")

    pool = make_pool()

    with pytest.raises(WorkerStartFailed, match="/no/such/python"):
        pool.execute(functions.nothing).result(10)


def test_a_set_up_that_never_ends_fails_in_time(make_pool: MakePool):
    pool = make_pool(initializer="tests.engine.functions:prepare_for_ever", start_timeout=0.2, stop_timeout=0.2)

    future = pool.execute(functions.nothing)

    with pytest.raises(WorkerStartFailed, match="did not start in time"):
        future.result(10)


def test_a_pool_can_be_destroyed_while_its_set_up_never_ends(make_pool: MakePool):
    pool = make_pool(initializer="tests.engine.functions:prepare_for_ever", stop_timeout=0.5)
    future = pool.execute(functions.nothing)

    started_at = time.monotonic()
    pool.destroy(timeout=0)

    assert future.done()
    assert time.monotonic() - started_at < 5


def test_a_set_up_that_starts_threads_has_its_workers_started_from_scratch(
    make_pool: MakePool, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.WARNING, "poolapp")

    pool = make_pool(min_size=2, initializer="tests.engine.functions:start_a_thread")

    assert pool.execute(functions.thread_names).result(10) == ["MainThread", "metrics"]
    eventually(lambda: pool.snapshot()["ready"])
    warnings = [record.getMessage() for record in caplog.records]
    assert len(warnings) == 1
    assert "metrics of tests.engine.functions" in warnings[0]


def test_workers_started_from_scratch_are_killed_replaced_and_ended_like_others(make_pool: MakePool):
    pool = make_pool(initializer="tests.engine.functions:start_a_thread")
    before = pool.execute(functions.pid).result(10)

    lost: TaskFuture = pool.execute(functions.kill_me)

    assert lost.exception(10) is not None
    assert pool.execute(functions.pid).result(10) != before


def test_workers_are_forked_from_one_nursery(make_pool: MakePool):
    pool = make_pool(min_size=3)
    eventually(lambda: pool.snapshot()["ready"])

    nurseries = children(os.getpid())

    pids = {worker["pid"] for worker in pool.snapshot()["workers"]}
    assert [pids <= set(children(nursery)) for nursery in nurseries if children(nursery)] == [True]


def test_a_pool_started_again_has_new_workers(make_pool: MakePool):
    pool = make_pool()
    before = pool.execute(functions.pid).result(10)
    pool.destroy()

    pool.start()

    assert pool.execute(functions.pid).result(10) != before
