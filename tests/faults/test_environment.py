"""What tasks do to their process, and what clocks and signals do to the pool: F36, F65, F70, F77, F14, F47, F81."""

from __future__ import annotations

import ast
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import poolapp
from poolapp.engine import Pool, WorkerLost
from tests.engine import functions
from tests.engine.gates import Gate
from tests.faults import changes
from tests.faults.conftest import SECONDS, Bystanders, works

PACKAGE = Path(poolapp.__file__).parent
# Where the time of day is shown or stored; everything else goes by the monotonic clock.
MAY_ASK_FOR_THE_TIME_OF_DAY = {"engine/clock.py"}


# F36: what a task changes


def test_f36_a_task_that_goes_elsewhere_takes_no_other_along(make_pool: Callable[..., Pool], tmp_path: Path):
    pool = make_pool(min_size=1)
    home = pool.execute(changes.whereabouts).result(SECONDS)

    assert pool.execute(changes.go_to, str(tmp_path)).result(SECONDS) == str(tmp_path)

    assert pool.execute(changes.whereabouts).result(SECONDS) == home


def test_f36_a_task_that_handles_signals_itself_can_be_aborted_and_so_can_the_next(
    make_pool: Callable[..., Pool], tmp_path: Path
):
    pool, gate = make_pool(min_size=1, abort_timeout=20.0), Gate(tmp_path, "held")
    assert pool.execute(changes.ignore_interrupts).result(SECONDS) == "ignored"
    worker = pool.execute(functions.pid).result(SECONDS)
    future = pool.execute(functions.sleep_for_ever, *gate.paths)
    gate.wait_for_task()

    future.abort()

    with pytest.raises(poolapp.TaskAborted):
        future.result(SECONDS)
    assert pool.execute(functions.pid).result(SECONDS) == worker, "interrupted, not killed"
    gate.close()


def test_f36_a_worker_for_one_task_takes_all_changes_with_it(make_pool: Callable[..., Pool]):
    pool = make_pool(min_size=1, max_tasks_per_worker=1)
    pool.execute(changes.set_variable, "POOLAPP_TEST", "changed").result(SECONDS)

    assert pool.execute(os.getenv, "POOLAPP_TEST").result(SECONDS) is None


# F65: clocks


def test_f65_no_deadline_goes_by_the_time_of_day():
    asked = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "time.time":
                asked.add(path.relative_to(PACKAGE).as_posix())

    assert asked == MAY_ASK_FOR_THE_TIME_OF_DAY


# F70: signals


def test_f70_a_thread_task_that_sets_a_handler_is_told_that_it_cannot(
    make_pool: Callable[..., Pool], bystanders: Callable[[Pool], Bystanders]
):
    pool = make_pool(worker="thread")
    others = bystanders(pool)
    others.come()

    with pytest.raises(ValueError, match="main thread"):
        pool.execute(changes.ignore_interrupts).result(SECONDS)

    assert others.are_well()
    assert works(pool)


def test_f70_a_worker_has_no_signal_masked_though_the_caller_has(make_pool: Callable[..., Pool]):
    pools: list[Pool] = []

    def start() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGUSR1})
        pools.append(make_pool())

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()

    assert pools[0].execute(changes.masked_signals).result(SECONDS) == []


# F77: output


def test_f77_a_task_that_floods_its_output_holds_nobody_up(
    make_pool: Callable[..., Pool], bystanders: Callable[[Pool], Bystanders], capfd: pytest.CaptureFixture[str]
):
    pool = make_pool()
    others = bystanders(pool)
    future = pool.execute(changes.flood, 20)
    others.come()

    assert future.result(SECONDS) == 20
    assert others.are_well()
    assert len(capfd.readouterr().out) >= 20_000_000


# F47: poison


def test_f47_eight_killers_among_twenty_four_cost_eight(make_pool: Callable[..., Pool]):
    pool = make_pool()
    killers = [pool.execute(functions.kill_me) if n % 3 == 0 else None for n in range(24)]
    good = [pool.execute(functions.add, n) for n in range(24)]

    assert [type(future.exception(SECONDS)) for future in killers if future] == [WorkerLost] * 8
    assert [future.result(SECONDS) for future in good] == list(range(24))
    assert sys.exc_info() == (None, None, None)


# F80, F81: a worker that is frozen


def test_f80_a_frozen_busy_worker_stalls_nobody_and_its_task_ends_once_it_goes_on(
    make_pool: Callable[..., Pool], tmp_path: Path
):
    pool, gate = make_pool(min_size=2), Gate(tmp_path, "held")
    held = gate.hold(pool)
    gate.wait_for_task()
    (busy,) = (worker["pid"] for worker in pool.snapshot()["workers"] if worker["state"] == "busy")
    os.kill(busy, signal.SIGSTOP)
    gate.open()

    others = [pool.execute(functions.pid) for _ in range(100)]

    assert busy not in {future.result(SECONDS) for future in others}
    assert not held.done()
    os.kill(busy, signal.SIGCONT)
    assert held.result(SECONDS) == "passed"
    gate.close()


def test_f81_a_frozen_idle_worker_stalls_nobody(
    make_pool: Callable[..., Pool], bystanders: Callable[[Pool], Bystanders]
):
    pool = make_pool(begin_timeout=0.3)
    frozen = pool.execute(functions.pid).result(SECONDS)
    os.kill(frozen, signal.SIGSTOP)
    others = bystanders(pool)

    others.come()

    assert others.are_well()
    assert pool.snapshot()["failed_tasks"] == 0
