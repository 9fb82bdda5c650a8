"""Worker processes that die, freeze, grow, or have done enough."""

from __future__ import annotations

import os
import re
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from poolapp.engine import Pool, TaskFunction, WorkerLost, WorkerStartFailed
from tests.engine import functions
from tests.engine.polling import eventually

MakePool = Callable[..., Pool]


def worker_pids(pool: Pool) -> list[int]:
    return [worker["pid"] for worker in pool.snapshot()["workers"] if worker["state"] in ("idle", "busy")]


def lines(path: Path) -> list[str]:
    return path.read_text().split()


# Tasks that are safe to run once more


def test_a_task_that_is_safe_to_rerun_survives_its_worker(make_pool: MakePool, tmp_path: Path):
    pool = make_pool()
    task = TaskFunction(functions.die_the_first_time, "task", retry_lost=True)

    assert pool.execute(task, str(tmp_path / "pids")).result(10) == "done"
    assert len(set(lines(tmp_path / "pids"))) == 2
    assert pool.snapshot()["retried_tasks"] == 1


def test_a_task_that_kills_every_worker_is_given_up(make_pool: MakePool):
    pool = make_pool(max_task_losses=3)
    task = TaskFunction(functions.kill_me, "killer", retry_lost=True)

    with pytest.raises(WorkerLost, match="3rd worker that was lost with it"):
        pool.execute(task).result(20)
    assert pool.execute(functions.add, 1, 1).result(10) == 2


# Frozen


def test_a_frozen_worker_is_replaced_and_its_task_runs_elsewhere(make_pool: MakePool):
    pool = make_pool(begin_timeout=0.2)
    frozen = pool.execute(functions.pid).result(10)
    os.kill(frozen, signal.SIGSTOP)

    assert pool.execute(functions.pid).result(20) != frozen
    eventually(lambda: not Path(f"/proc/{frozen}").exists())


def test_a_worker_that_is_busy_for_longer_is_left_alone(make_pool: MakePool):
    pool = make_pool(begin_timeout=0.05)
    before = pool.execute(functions.pid).result(10)

    assert pool.execute(functions.nap, 1.5).result(20) == 1.5
    assert worker_pids(pool) == [before]


# Done enough


@pytest.mark.parametrize("start_method", ["fork", "exec"])
def test_no_worker_runs_more_tasks_than_it_may(make_pool: MakePool, start_method: str):
    pool = make_pool(min_size=2, max_tasks_per_worker=5, worker_options={"start_method": start_method})

    runs = Counter(pool.map(functions.pid_of, range(60)))

    assert sum(runs.values()) == 60
    assert max(runs.values()) <= 5
    assert pool.snapshot()["failed_tasks"] == 0


def test_a_worker_that_has_become_too_large_is_replaced(make_pool: MakePool):
    pool = make_pool(max_worker_memory=150_000_000)
    before = pool.execute(functions.pid).result(10)

    assert pool.execute(functions.keep, 150_000_000).result(20) == before
    eventually(lambda: before not in worker_pids(pool) and pool.snapshot()["ready"], 20)
    assert pool.snapshot()["recycled_workers"] == 1
    assert pool.execute(functions.add, 1, 1).result(10) == 2


def test_a_worker_that_becomes_far_too_large_is_killed_with_its_task(make_pool: MakePool):
    pool = make_pool(max_worker_memory=100_000_000)

    with pytest.raises(WorkerLost, match="more than twice the max_worker_memory"):
        pool.execute(functions.keep_and_sleep, 300_000_000).result(20)
    assert pool.execute(functions.add, 1, 1).result(10) == 2


# Crashed


@pytest.mark.parametrize("start_method", ["fork", "exec"])
@pytest.mark.parametrize("crash", [functions.read_nowhere, functions.call_abort])
def test_a_crash_tells_where_it_was(
    make_pool: MakePool, caplog: pytest.LogCaptureFixture, start_method: str, crash: Callable[[], None]
):
    pool = make_pool(worker_options={"start_method": start_method})

    error = pool.execute(crash).exception(20)

    assert isinstance(error, WorkerLost)
    assert re.search(f'File ".*functions.py", line \\d+ in {crash.__name__}', str(error.__cause__))
    assert f"in {crash.__name__}" in caplog.text


def test_a_crash_of_the_set_up_tells_where_it_was(make_pool: MakePool):
    pool = make_pool(initializer="tests.engine.functions:read_nowhere")

    with pytest.raises(WorkerStartFailed, match="in read_nowhere"):
        pool.execute(functions.nothing).result(20)


def test_who_is_killed_has_left_no_report(make_pool: MakePool):
    error = make_pool().execute(functions.kill_me).exception(20)

    assert isinstance(error, WorkerLost)
    assert error.__cause__ is None
