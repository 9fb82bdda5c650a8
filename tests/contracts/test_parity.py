"""What the reference asks of a pool with real workers, where no other test shows it; see docs/parity.md."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

import pytest

from poolapp.engine import (
    AbortSignal,
    InvalidOptionType,
    Pool,
    PoolDestroyed,
    PoolError,
    PoolNotStarted,
    PoolOptions,
    QueueOptions,
    TaskAborted,
    TaskFunction,
    TaskNotFound,
)
from poolapp.engine.events import Event
from tests.conftest import child_processes
from tests.contracts.conftest import books
from tests.engine import functions
from tests.engine.polling import eventually


def run_in_a_pool_of(worker: str) -> int:
    """Have a pool of one's own, as a task."""
    with Pool(PoolOptions(worker=worker, min_size=1)) as pool:
        return pool.execute(functions.add, 1, 2).result(10)


def process_pool_refused() -> str:
    """What is said to a task that wants worker processes of its own."""
    try:
        Pool(PoolOptions(worker="process", min_size=1, start_workers=True))
    except PoolError as exc:
        return str(exc)
    return "taken"


# Where a pool may be


def test_a_pool_may_be_made_and_started_in_any_thread(make_pool: Callable[..., Pool]):
    results: list[int] = []

    def use_a_pool() -> None:
        with make_pool() as pool:
            results.append(pool.execute(functions.add, 1, 2).result(10))

    thread = threading.Thread(target=use_a_pool)
    thread.start()
    thread.join(10)

    assert results == [3]


def test_a_task_may_have_a_pool_of_threads(pool: Pool):
    assert pool.execute(run_in_a_pool_of, "thread").result(10) == 3


@pytest.mark.parametrize("kind", ["process"])
def test_a_task_in_a_worker_process_may_not_have_worker_processes(pool: Pool):
    refusal = pool.execute(process_pool_refused).result(10)

    assert refusal == "a worker process cannot have worker processes of its own; use a pool of threads there"


# Life


def test_a_pool_has_no_workers_before_it_is_started(make_pool: Callable[..., Pool]):
    before = {thread.name for thread in threading.enumerate()} | child_processes()

    pool = make_pool()

    snapshot = pool.snapshot()
    assert (snapshot["started"], snapshot["ready"], snapshot["worker_nodes"]) == (False, False, 0)
    assert {thread.name for thread in threading.enumerate()} | child_processes() == before


def test_a_pool_is_ready_only_while_it_runs(make_pool: Callable[..., Pool]):
    """Also one without a minimum, to which nothing is missing."""
    pool = make_pool(min_size=0, max_size=1)

    before = pool.snapshot()["ready"]
    pool.start()
    during = pool.snapshot()["ready"]
    pool.destroy()

    assert (before, during, pool.snapshot()["ready"]) == (False, True, False)


def test_a_pool_is_not_started_while_it_ends(pool: Pool):
    said: list[str] = []

    def start(_: Event) -> None:
        try:
            pool.start()
        except PoolError as exc:
            said.append(str(exc))

    pool.on("worker_exit", start, at_once=True)

    pool.destroy()

    assert said == ["pool 'pool' is stopping already"] * 2


def test_the_end_is_told_when_all_is_over_and_listeners_hear_the_next_life_too(pool: Pool):
    told: list[tuple[str, bool, int]] = []

    def note(event: Event) -> None:
        snapshot = pool.snapshot()
        told.append((event.name, snapshot["started"], snapshot["worker_nodes"]))

    pool.on("destroy", note)
    pool.on("ready", note)

    pool.destroy()
    pool.start()
    eventually(lambda: len(told) == 3)

    assert told == [("ready", True, 2), ("destroy", False, 0), ("ready", True, 2)]


def test_destroying_again_does_nothing_and_harms_nobody(pool: Pool):
    ends: list[Event] = []
    pool.on("destroy", ends.append)

    pool.destroy()
    pool.destroy()

    assert len(ends) == 1


def test_destroying_waits_no_longer_than_the_options_say(make_pool: Callable[..., Pool], occupied):
    pool = make_pool(queue={"tasks_finished_timeout": 0})
    pool.start()
    eventually(lambda: pool.snapshot()["ready"])
    with occupied(pool) as occupation:
        waiting = pool.execute(functions.add, 1, 1)
        began_at = time.monotonic()

        pool.destroy()

        assert time.monotonic() - began_at < QueueOptions().tasks_finished_timeout
        assert isinstance(waiting.exception(0), PoolDestroyed)
    assert all(isinstance(future.exception(10), PoolDestroyed) for future in occupation.futures)


# Submitting


def test_none_is_an_argument_like_any_other(pool: Pool):
    assert pool.execute(functions.identity, None).result(10) is None
    assert pool.execute("double", 0).result(10) == 0


def test_what_is_asked_for_is_looked_at_before_whether_the_pool_runs(make_pool: Callable[..., Pool]):
    pool = make_pool()

    with pytest.raises(TaskNotFound):
        pool.execute("triple", 1)
    with pytest.raises(InvalidOptionType):
        pool.execute(0)
    with pytest.raises(TaskNotFound):
        pool.execute("", 1)
    with pytest.raises(PoolNotStarted):
        pool.execute("double", 1)


def test_the_default_task_is_counted_under_its_own_name(pool: Pool):
    pool.execute(None, 2).result(10)
    pool.execute("double", 2).result(10)

    tasks = pool.snapshot()["tasks"]

    assert list(tasks) == [functions.doubled.name]
    assert tasks[functions.doubled.name]["executed"] == 2


def test_a_task_that_waits_is_counted_under_its_name(pool: Pool, occupied):
    with occupied(pool):
        future = pool.execute(functions.add, 1, 1)
        waiting = pool.snapshot()["tasks"]["tests.engine.functions.add"]
    future.result(10)
    ended = pool.snapshot()["tasks"]["tests.engine.functions.add"]

    assert (waiting["submitted"], waiting["executed"], waiting["failed"]) == (1, 0, 0)
    assert (ended["submitted"], ended["executed"], ended["failed"]) == (1, 1, 0)


def test_a_map_is_aborted_by_the_signal_of_its_task(pool: Pool, occupied):
    signal = AbortSignal()
    with occupied(pool):
        results = pool.map(TaskFunction(functions.add, "add", signal=signal), [1, 2, 3])

        signal.abort("enough")

        with pytest.raises(TaskAborted, match="add was aborted: enough"):
            next(results)
        assert books(pool)["failed"] == 3


def test_callbacks_do_not_run_in_the_context_of_the_caller(pool: Pool, occupied):
    seen: SimpleQueue[str] = SimpleQueue()
    token = functions.REQUEST_ID.set("r1")
    try:
        with occupied(pool):
            pool.execute(functions.nothing).add_done_callback(lambda _: seen.put(functions.REQUEST_ID.get()))
    finally:
        functions.REQUEST_ID.reset(token)

    assert seen.get(timeout=10) == "none"


def test_an_added_function_may_not_be_bound_to_slots_that_the_pool_does_not_have(pool: Pool):
    pool.add_task("bound", TaskFunction(functions.add, "bound", workers=[2]))

    with pytest.raises(ValueError, match="workers must be slots below max_size, here 2, not 2"):
        pool.execute("bound", 1, 2)


# Options


def test_options_that_are_changed_are_merged_with_those_before(pool: Pool):
    pool.set_strategy("weighted_round_robin", weights=[1, 2])
    pool.set_strategy("fair_share", measurement="elu")
    pool.set_queue_options(size=7, aging_factor=0.5)
    pool.enable_queue(False)
    pool.enable_queue(True, concurrency=1)

    strategy_options, queue = pool.options.strategy_options, pool.options.queue
    assert pool.snapshot()["strategy"] == "fair_share"
    assert (strategy_options.weights, strategy_options.measurement) == ({0: 1, 1: 2}, "elu")
    assert (queue.size, queue.aging_factor, queue.enabled) == (7, 0.5, True)


# Events


def test_a_failure_is_told_before_its_caller_knows(pool: Pool):
    was_settled: list[bool] = []
    pool.on("task_error", lambda event: was_settled.append(event.task.future is None))

    future = pool.execute(functions.fail, "no such photo")

    assert isinstance(future.exception(10), ValueError)
    assert was_settled == [False]


def test_a_handler_hears_of_errors_of_workers(make_pool: Callable[..., Pool]):
    heard: list[Event] = []
    pool = make_pool(error_handler=heard.append, finalizer="tests.engine.functions:not_there")

    pool.start()

    eventually(lambda: heard)
    assert heard[0].name == "error"
    assert set(heard[0].details) == {"worker", "slot", "worker_pid", "error"}


def test_handlers_hear_their_events_also_where_listeners_may_not(make_pool: Callable[..., Pool]):
    heard: list[Event] = []
    pool = make_pool(enable_events=False, online_handler=heard.append)

    pool.start()

    eventually(lambda: [event.name for event in heard] == ["worker_online"] * 2)


@pytest.mark.parametrize("kind", ["process"])
def test_a_worker_that_dies_takes_nobody_with_it(pool: Pool, occupied):
    with occupied(pool, workers=1) as occupation:
        (held,) = [worker for worker in pool.snapshot()["workers"] if worker["executing"]]
        (other,) = [worker for worker in pool.snapshot()["workers"] if not worker["executing"]]

        os.kill(other["pid"], 9)

        eventually(lambda: pool.snapshot()["restarts"] == 1 and pool.snapshot()["ready"])
        rows = {worker["slot"]: worker for worker in pool.snapshot()["workers"]}
        assert rows[held["slot"]]["id"] == held["id"]
        assert rows[held["slot"]]["executing"] == 1
    assert [future.result(10) for future in occupation.futures] == ["passed"]
    assert books(pool)["failed"] == 0
