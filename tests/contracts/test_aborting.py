"""Tasks can be aborted where they wait and where they run, and have time limits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from poolapp.engine import AbortSignal, Pool, TaskAborted, TaskFunction, TaskTimeout
from tests.contracts.conftest import books
from tests.engine import functions
from tests.engine.gates import Gate
from tests.engine.polling import eventually

interruptible = pytest.mark.parametrize("kind", ["thread", "process"])


def test_a_task_that_waits_is_aborted_at_once_and_says_why(pool: Pool, occupied):
    with occupied(pool):
        future = pool.execute(functions.add, 1, 1)

        assert future.abort("the user has left")
        with pytest.raises(TaskAborted, match=r"tests\.engine\.functions\.add was aborted: the user has left"):
            future.result(10)
        assert books(pool)["failed"] == 1


def test_a_finished_task_is_not_aborted(pool: Pool):
    future = pool.execute(functions.add, 1, 1)
    future.result(10)

    assert not future.abort()


def test_a_signal_aborts_all_its_tasks(pool: Pool, occupied):
    signal = AbortSignal()
    add = TaskFunction(functions.add, "add", signal=signal)
    with occupied(pool):
        futures = [pool.execute(add, 1, 1) for _ in range(5)]

        signal.abort("enough")

        for future in futures:
            with pytest.raises(TaskAborted, match="add was aborted: enough"):
                future.result(10)


def test_a_task_whose_signal_is_given_already_never_runs(pool: Pool, tmp_path):
    signal = AbortSignal()
    signal.abort("too late")
    write = TaskFunction(functions.write_line, "write", signal=signal)

    future = pool.execute(write, str(tmp_path / "log"), "it ran")

    with pytest.raises(TaskAborted, match="write was aborted: too late"):
        future.result(10)
    pool.execute(functions.nothing).result(10)
    assert not (tmp_path / "log").exists()
    assert books(pool)["submitted"] == 2


@interruptible
def test_a_coroutine_that_runs_is_cancelled(pool: Pool, gate: Gate):
    future = pool.execute(functions.await_for_ever, *gate.paths)
    gate.wait_for_task()

    assert future.abort("too slow")

    with pytest.raises(TaskAborted, match=r"await_for_ever was aborted: too slow"):
        future.result(10)
    assert pool.snapshot()["restarts"] == 0


@interruptible
def test_a_function_that_looks_for_itself_ends_when_it_is_aborted(pool: Pool, gate: Gate):
    future = pool.execute(functions.look_until_aborted, *gate.paths)
    gate.wait_for_task()

    assert future.abort("too slow")

    with pytest.raises(TaskAborted, match="too slow") as caught:
        future.result(10)
    assert isinstance(caught.value.__cause__, TaskAborted), "what check() raised"
    workers = {worker["id"] for worker in pool.snapshot()["workers"]}
    assert workers == {1, 2}, "nobody was replaced"


@pytest.mark.parametrize("kind", ["process"])
def test_a_function_in_a_process_is_interrupted_also_while_it_sleeps(pool: Pool, gate: Gate):
    future = pool.execute(functions.sleep_for_ever, *gate.paths)
    gate.wait_for_task()

    assert future.abort()

    with pytest.raises(TaskAborted) as caught:
        future.result(10)
    assert isinstance(caught.value.__cause__, TaskAborted)
    assert {worker["id"] for worker in pool.snapshot()["workers"]} == {1, 2}


@interruptible
def test_a_task_that_does_not_end_is_given_up_and_its_worker_replaced(
    make_pool: Callable[..., Pool], gate: Gate, make_gate
):
    pool = make_pool(min_size=1, abort_timeout=0.05)
    pool.start()
    future = pool.execute(functions.never_mind, *gate.paths)
    gate.wait_for_task()

    assert future.abort("too slow")

    with pytest.raises(TaskAborted, match="too slow"):
        future.result(10)
    assert pool.execute(functions.add, 1, 1).result(10) == 2
    gate.open()


@interruptible
def test_a_task_that_runs_for_too_long_fails_with_a_time_out(pool: Pool, gate: Gate):
    slow = TaskFunction(functions.await_for_ever, "slow", timeout=0.05)

    future = pool.execute(slow, *gate.paths)

    with pytest.raises(TaskTimeout, match=r"slow ran for more than 0\.05 s"):
        future.result(10)
    assert books(pool)["failed"] == 1


@interruptible
def test_the_time_limit_of_the_pool_holds_where_a_task_has_none(make_pool: Callable[..., Pool], gate: Gate):
    pool = make_pool(timeout=0.05)
    pool.start()

    future = pool.execute(functions.await_for_ever, *gate.paths)

    assert isinstance(future.exception(10), TimeoutError)


@interruptible
def test_waiting_does_not_count_as_running(pool: Pool, occupied, make_gate):
    patient = TaskFunction(functions.add, "patient", timeout=5.0)
    with occupied(pool):
        future = pool.execute(patient, 1, 1)
        eventually(lambda: pool.snapshot()["queued_tasks"] == 1)

    assert future.result(10) == 2
