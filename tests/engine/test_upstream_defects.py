"""The defects that poolifier 5.3 still has, D1 to D12 of the reference: a test each, which fails where they are."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from poolapp.engine import (
    AbortSignal,
    InvalidOption,
    Pool,
    PoolOptions,
    TaskAborted,
    TaskFunction,
    WorkerLost,
    WorkerStartFailed,
)
from tests.conftest import child_processes
from tests.engine import functions
from tests.engine.desk import Desk
from tests.engine.gates import Gate
from tests.engine.polling import eventually


def test_d1_a_task_on_a_crashed_worker_is_settled(make_pool: Callable[..., Pool], gate: Gate):
    pool = make_pool()
    future = gate.hold(pool)
    gate.wait_for_task()

    os.kill(future.info["worker_pid"], signal.SIGKILL)

    assert isinstance(future.exception(10), WorkerLost)


def test_d1_a_task_on_a_worker_that_is_killed_for_inactivity_is_settled(make_pool: Callable[..., Pool], gate: Gate):
    pool = make_pool(min_size=0, max_size=1, kill_behavior="hard", max_inactive_time=0.05)

    future = gate.hold(pool)

    assert isinstance(future.exception(10), WorkerLost)


def test_d2_the_answer_to_a_stolen_task_is_booked_on_the_worker_that_ran_it():
    desk = Desk(min_size=1, max_size=2, max_inactive_time=10.0)
    desk.start()
    desk.ready(1)
    desk.submit_all("a", "b", "c", "d")
    desk.ready(2)
    assert (desk.committed(2), desk.queue(2)) == (["b"], ["d"])

    for _ in range(2):
        desk.answer(1)
        desk.answer(2)

    workers = desk.snapshot()["workers"]
    assert [(worker["executing"], worker["executed"]) for worker in workers] == [(0, 2), (0, 2)]
    assert desk.tick(10.0) == ["stop 2"], "the thief is idle, and known to be"


def test_d2_an_answer_is_booked_well_when_another_worker_has_gone_before_it():
    desk = Desk.with_workers(3)
    desk.submit_all("a", "b", "c")
    desk.exit(1)

    desk.answer(3)

    assert [(worker["id"], worker["executing"]) for worker in desk.snapshot()["workers"]] == [(4, 0), (2, 1), (3, 0)]


def test_d3_what_waits_for_the_only_worker_outlives_it(make_pool: Callable[..., Pool], gate: Gate):
    pool = make_pool()
    held = gate.hold(pool)
    waiting = [pool.execute(functions.add, 1, number) for number in range(2)]
    gate.wait_for_task()

    os.kill(held.info["worker_pid"], signal.SIGKILL)

    assert [future.result(10) for future in waiting] == [1, 2]


def test_d4_a_worker_that_fails_as_it_starts_is_tried_again_less_and_less_often():
    desk = Desk(min_size=1)
    desk.start()
    starts, pauses = 1, []
    while starts < 8:
        desk.exit(starts, error="no such module")
        pause = desk.next_tick()
        assert pause is not None
        assert desk.tick(pause / 2) == [], "not before its time"
        assert desk.tick(pause / 2 + 0.000_01) == [f"spawn {starts + 1} in slot 0"]
        pauses.append(pause)
        starts += 1

    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]


def test_d4_a_pool_whose_workers_cannot_start_settles_everything_and_is_destroyed(
    make_pool: Callable[..., Pool], tmp_path: Path
):
    failing = {"initializer": "tests.engine.functions:fail_to_prepare", "initializer_args": (str(tmp_path / "log"),)}
    pool = make_pool(min_size=2, **failing)
    futures = [pool.execute(functions.add, 1, 1) for _ in range(3)]

    assert all(isinstance(future.exception(20), WorkerStartFailed) for future in futures)
    pool.destroy()

    assert pool.snapshot()["worker_nodes"] == 0


@pytest.mark.parametrize("worker", ["inline", "thread", "process"])
def test_d5_a_failure_is_booked_under_the_name_of_its_task(make_pool: Callable[..., Pool], worker: str):
    pool = make_pool(worker=worker)

    pool.execute(functions.fail, "no").exception(10)

    failed = pool.snapshot()["tasks"]["tests.engine.functions.fail"]
    assert (failed["submitted"], failed["executed"], failed["failed"]) == (1, 0, 1)
    assert [name for name, usage in pool.snapshot()["tasks"].items() if usage["failed"]] == [
        "tests.engine.functions.fail"
    ]


def test_d6_a_signal_that_was_given_already_is_heeded(make_pool: Callable[..., Pool], tmp_path: Path):
    pool = make_pool()
    stop = AbortSignal()
    stop.abort()

    future = pool.execute(TaskFunction(functions.write_line, "write", signal=stop), str(tmp_path / "log"), "it ran")

    assert isinstance(future.exception(10), TaskAborted)
    assert not (tmp_path / "log").exists()


def test_d6_a_function_that_is_not_async_can_be_aborted(make_pool: Callable[..., Pool], gate: Gate):
    pool = make_pool()
    future = pool.execute(functions.sleep_for_ever, *gate.paths)
    gate.wait_for_task()

    assert future.abort()

    assert isinstance(future.exception(10), TaskAborted)


def test_d7_functions_that_were_added_are_known_to_workers_that_start_later(make_pool: Callable[..., Pool]):
    pool = make_pool(min_size=2)
    pool.add_task("plus", functions.add)

    pool.restart_workers().result(10)
    assert [pool.execute("plus", 1, number).result(10) for number in range(4)] == [1, 2, 3, 4]

    pool.destroy()
    pool.start()
    assert [pool.execute("plus", 1, number).result(10) for number in range(4)] == [1, 2, 3, 4]


def test_d8_a_higher_concurrency_speeds_up_what_waits_already(make_pool: Callable[..., Pool], gate: Gate, make_gate):
    pool, first = make_pool(), make_gate()
    first.hold(pool)
    first.wait_for_task()
    for _ in range(3):
        gate.hold(pool)

    pool.set_queue_options(concurrency=3)
    first.open()

    for _ in range(3):  # all at once, though nobody has opened the gate
        gate.wait_for_task()


def test_d9_an_error_that_nobody_listens_to_harms_nobody(make_pool: Callable[..., Pool], monkeypatch):
    uncaught: list[object] = []
    monkeypatch.setattr(threading, "excepthook", uncaught.append)
    pool = make_pool()
    pid = pool.execute(functions.pid).result(10)

    os.kill(pid, signal.SIGKILL)

    eventually(lambda: pool.snapshot()["restarts"] == 1)
    assert pool.execute(functions.add, 1, 1).result(10) == 2
    assert uncaught == []


@pytest.mark.parametrize("strategy", ["weighted_round_robin", "interleaved_weighted_round_robin"])
@pytest.mark.parametrize("run_time", [0.000_01, 0.001, 10.0])
def test_d10_weights_that_nobody_gave_spread_the_tasks(strategy: str, run_time: float):
    desk = Desk.with_workers(3, strategy=strategy, queue={"task_stealing": False})
    for number in range(9):
        desk.submit(f"before {number}")
    for _ in range(3):
        for node_id in (1, 2, 3):
            desk.answer(node_id, run_time=run_time)

    for number in range(12):
        desk.submit(f"burst {number}")

    assert [desk.nodes[node_id].load for node_id in (1, 2, 3)] == [4, 4, 4]


def test_d11_who_listens_late_is_told_that_the_pool_is_ready(make_pool: Callable[..., Pool]):
    pool = make_pool()
    eventually(lambda: pool.snapshot()["ready"])
    told: list[object] = []

    pool.on("ready", told.append)

    assert len(told) == 1


def test_d11_a_pool_without_a_minimum_tells_that_it_is_ready_when_it_is():
    pool = Pool(PoolOptions(worker="thread", min_size=0, max_size=1))
    told: list[object] = []
    pool.on("ready", told.append)

    with pool:
        assert pool.snapshot()["ready"]
        assert len(told) == 1


@pytest.mark.parametrize("sizes", [(2, 1), (0, 0), (-1, 1)])
def test_d12_wrong_sizes_start_nothing(sizes: tuple[int, int]):
    before = child_processes() | {thread.name for thread in threading.enumerate()}

    with pytest.raises(InvalidOption, match="a pool needs 0 <= min_size <= max_size"):
        Pool(PoolOptions(worker="process", min_size=sizes[0], max_size=sizes[1], start_workers=True))

    assert child_processes() | {thread.name for thread in threading.enumerate()} == before
