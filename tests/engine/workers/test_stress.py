"""Everything at once, for a while: many callers, cancels, deaths and restarts. Seeded, so that it can be run again."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from poolapp.engine import Pool, TaskFuture, WorkerLost, WorkerStartFailed
from tests.engine import functions
from tests.engine.polling import eventually, nursery_pids

MakePool = Callable[..., Pool]
CALLERS = 4
TASKS = 300  # of each caller


class Chaos:
    """What the callers of one pool have done, and what has become of it."""

    def __init__(self, pool: Pool, log: Path, seed: int) -> None:
        self.pool = pool
        self.log = str(log)
        self.seed = seed
        self.futures: dict[str, TaskFuture] = {}
        self.settled: Counter[str] = Counter()
        self.cancelled: set[str] = set()
        self._callers = [threading.Thread(target=self._call, args=(caller,)) for caller in range(CALLERS)]

    def start(self) -> None:
        for caller in self._callers:
            caller.start()

    @property
    def goes_on(self) -> bool:
        return any(caller.is_alive() for caller in self._callers)

    def _call(self, caller: int) -> None:
        chance = random.Random(f"{self.seed} {caller}")
        own: list[str] = []
        for number in range(TASKS):
            name = f"{caller}-{number}"
            if chance.random() < 0.1:
                future = self.pool.execute(functions.nap, 0.005)
            else:
                future = self.pool.execute(functions.write_line, self.log, name)
            self.futures[name] = future
            future.add_done_callback(lambda _, name=name: self.settled.update([name]))
            own.append(name)
            if chance.random() < 0.1 and (victim := chance.choice(own[-20:])) and self.futures[victim].cancel():
                self.cancelled.add(victim)
            if chance.random() < 0.05:
                with contextlib.suppress(WorkerLost, WorkerStartFailed, concurrent.futures.CancelledError):
                    future.result(30)


def check(chaos: Chaos, most_lost: int) -> None:
    """Each task was settled once, and as it should be."""
    assert concurrent.futures.wait(chaos.futures.values(), timeout=30).not_done == set()
    eventually(lambda: sum(chaos.settled.values()) == CALLERS * TASKS)
    assert set(chaos.settled.values()) == {1}

    errors = {name: None if future.cancelled() else future.exception() for name, future in chaos.futures.items()}
    lost = {name for name, error in errors.items() if error is not None}
    assert {type(errors[name]) for name in lost} <= {WorkerLost}
    assert len(lost) <= most_lost
    assert {name for name, future in chaos.futures.items() if future.cancelled()} == chaos.cancelled

    written = Counter(Path(chaos.log).read_text().split())
    assert set(written.values()) == {1}, "a task has run twice"
    assert not set(written) & chaos.cancelled, "a cancelled task has run"

    snapshot = chaos.pool.snapshot()
    assert snapshot["submitted_tasks"] == CALLERS * TASKS
    assert snapshot["cancelled_tasks"] == len(chaos.cancelled)
    assert snapshot["failed_tasks"] == len(lost)
    assert snapshot["executed_tasks"] == CALLERS * TASKS - len(chaos.cancelled) - len(lost)
    assert (snapshot["executing_tasks"], snapshot["queued_tasks"]) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("options", [{"min_size": 2}, {"min_size": 1, "max_size": 3, "strategy": "round_robin"}])
def test_processes_survive_deaths_cancels_and_restarts(make_pool: MakePool, tmp_path: Path, options: dict, seed: int):
    pool = make_pool(max_inactive_time=0.05, **options)
    chaos = Chaos(pool, tmp_path / "log", seed)
    chance = random.Random(seed)
    killed = 0
    pace = threading.Event()

    chaos.start()
    while chaos.goes_on:
        pace.wait(0.04)
        pids = [worker["pid"] for worker in pool.snapshot()["workers"] if worker["pid"]]
        if chance.random() < 0.2:
            pool.restart_workers()
        elif pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(pids), signal.SIGKILL)
                killed += 1

    check(chaos, most_lost=killed)


@pytest.mark.slow
def test_processes_survive_the_death_of_their_nursery_again_and_again(make_pool: MakePool, tmp_path: Path):
    pool = make_pool(min_size=2)
    chaos = Chaos(pool, tmp_path / "log", seed=3)
    killed = 0

    chaos.start()
    while chaos.goes_on and killed < 5:
        eventually(lambda: pool.snapshot()["ready"] or not chaos.goes_on)
        for pid in nursery_pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed += 1

    check(chaos, most_lost=2 * killed)


@pytest.mark.slow
def test_threads_survive_cancels_and_restarts(make_pool: MakePool, tmp_path: Path):
    pool = make_pool(worker="thread", min_size=1, max_size=3, max_inactive_time=0.02)
    chaos = Chaos(pool, tmp_path / "log", seed=4)

    chaos.start()
    while chaos.goes_on:
        pool.restart_workers().result(20)

    check(chaos, most_lost=0)
