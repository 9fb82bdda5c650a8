"""Options that are seen at work only: several tasks at once, queues, context, handlers."""

from __future__ import annotations

import json
import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from poolapp.engine import InvalidOption, Pool, PoolDraining, QueueFull, TaskFunction, current_task
from tests.engine import functions
from tests.engine.functions import REQUEST_ID
from tests.engine.gates import Gate
from tests.engine.polling import eventually

several = pytest.mark.parametrize("kind", ["thread", "process"])


def begin(make_pool: Callable[..., Pool], **options: object) -> Pool:
    pool = make_pool(**options)
    pool.start()
    eventually(lambda: pool.snapshot()["ready"])
    return pool


# Several at once


@several
def test_one_worker_runs_as_many_tasks_at_once_as_its_concurrency(make_pool: Callable[..., Pool], gate: Gate):
    pool = begin(make_pool, min_size=1, queue={"concurrency": 3})
    futures = [gate.hold(pool) for _ in range(4)]

    for _ in range(3):
        gate.wait_for_task()
    snapshot = pool.snapshot()
    assert (snapshot["executing_tasks"], snapshot["queued_tasks"]) == (3, 1)

    gate.open(4)
    assert [future.result(10) for future in futures] == ["passed"] * 4
    assert len({future.info["worker"] for future in futures}) == 1


@several
def test_a_worker_is_as_wide_for_what_it_is_given_first(make_pool: Callable[..., Pool], gate: Gate):
    pool = make_pool(min_size=1, queue={"concurrency": 3})
    pool.start()
    futures = [gate.hold(pool) for _ in range(3)]

    for _ in range(3):
        gate.wait_for_task()

    gate.open(3)
    assert [future.result(10) for future in futures] == ["passed"] * 3


@several
def test_a_higher_concurrency_speeds_up_what_waits_already(make_pool: Callable[..., Pool], make_gate):
    first, rest = make_gate(), make_gate()
    pool = begin(make_pool, min_size=1)
    held = first.hold(pool)
    first.wait_for_task()
    futures = [rest.hold(pool) for _ in range(3)]

    pool.set_queue_options(concurrency=3)
    first.open()

    assert held.result(10) == "passed"
    for _ in range(3):
        rest.wait_for_task()
    rest.open(3)
    assert [future.result(10) for future in futures] == ["passed"] * 3


@several
def test_async_functions_of_a_wide_worker_share_one_loop(make_pool: Callable[..., Pool]):
    pool = begin(make_pool, min_size=1, queue={"concurrency": 4})
    eventually(lambda: pool.snapshot()["workers"][0]["concurrency"] == 4)

    loops = {pool.execute(functions.running_loop).result(10) for _ in range(20)}

    assert len(loops) == 1


# Queue


@several
def test_a_full_queue_refuses_what_would_have_to_wait(make_pool: Callable[..., Pool], occupied):
    pool = begin(make_pool, queue={"limit": 2})
    with occupied(pool):
        futures = [pool.execute(functions.add, 1, number) for number in range(2)]

        with pytest.raises(QueueFull, match=r"2 tasks wait, as many as queue\.limit allows"):
            pool.execute(functions.add, 1, 2)

    assert [future.result(10) for future in futures] == [1, 2]
    assert pool.execute(functions.add, 1, 2).result(10) == 3


@several
def test_the_most_urgent_of_those_that_wait_goes_first(make_pool: Callable[..., Pool], occupied, tmp_path):
    log = tmp_path / "log"
    pool = begin(make_pool, min_size=1)
    with occupied(pool, workers=1):
        futures = [
            pool.execute(TaskFunction(functions.write_line, "write", priority=priority), str(log), priority)
            for priority in (5, 0, -20, 19, -1)
        ]

    for future in futures:
        future.result(10)
    assert log.read_text().split() == ["-20", "-1", "0", "5", "19"]


def test_the_queue_can_be_turned_off_and_on_while_the_pool_runs(pool: Pool):
    pool.enable_queue(False)
    assert not pool.snapshot()["queue"]["enabled"]
    assert [pool.execute(functions.add, 1, number).result(10) for number in range(5)] == [1, 2, 3, 4, 5]

    pool.enable_queue(True, concurrency=1, size=7)
    assert pool.snapshot()["queue"]["size"] == 7
    assert pool.options.queue.enabled


def test_wrong_options_change_nothing(pool: Pool):
    with pytest.raises(InvalidOption, match="concurrency must be"):
        pool.set_queue_options(concurrency=0, size=3)
    with pytest.raises(InvalidOption, match="strategy must be one of"):
        pool.set_strategy("most_used")
    with pytest.raises(InvalidOption, match="a pool needs 0 <= min_size <= max_size"):
        pool.resize(3, 2)

    assert (pool.options.queue.size, pool.options.strategy, pool.options.limit) == (None, "least_used", 2)


@pytest.mark.parametrize(
    "strategy",
    [
        "round_robin",
        "least_used",
        "least_busy",
        "least_elu",
        "weighted_round_robin",
        "interleaved_weighted_round_robin",
        "fair_share",
    ],
)
def test_every_strategy_runs_every_task_and_can_be_set_while_they_run(pool: Pool, strategy: str):
    futures = [pool.execute(functions.add, number, 1) for number in range(50)]
    pool.set_strategy(strategy, measurement="elu", run_time={"median": True})
    futures += [pool.execute(functions.add, number, 1) for number in range(50, 100)]

    assert [future.result(10) for future in futures] == list(range(1, 101))
    snapshot = pool.snapshot()
    assert (snapshot["strategy"], snapshot["executing_tasks"]) == (strategy, 0)
    assert all(worker["executing"] == 0 for worker in snapshot["workers"])


# Context


@contextmanager
def request(request_id: str) -> Iterator[None]:
    """A caller with a context of its own."""
    token = REQUEST_ID.set(request_id)
    yield
    REQUEST_ID.reset(token)


@pytest.mark.parametrize("kind", ["inline", "thread"])
def test_a_task_in_a_thread_sees_the_context_of_its_caller(pool: Pool):
    with request("r1"):
        assert pool.execute(functions.request_id).result(10) == "r1"
        assert pool.execute(functions.request_id_later).result(10) == "r1"
    assert pool.execute(functions.request_id).result(10) == "none"


@pytest.mark.parametrize("kind", ["process"])
def test_the_context_variables_that_options_name_travel_to_processes(make_pool: Callable[..., Pool]):
    pool = begin(make_pool, context_vars=["tests.engine.functions:REQUEST_ID"])
    with request("r1"):
        assert pool.execute(functions.request_id).result(10) == "r1"
        assert pool.execute(functions.request_id_later).result(10) == "r1"
    assert pool.execute(functions.request_id).result(10) == "none"


def test_what_a_task_does_to_its_context_does_not_reach_the_next(pool: Pool):
    for _ in range(4):
        assert pool.execute(functions.change_request_id, "left behind").result(10) == "none"


def test_outside_of_tasks_there_is_no_current_task():
    assert current_task() is None


# Handlers


def test_a_handler_hears_what_tasks_tell_while_they_run(make_pool: Callable[..., Pool]):
    heard: queue.SimpleQueue = queue.SimpleQueue()
    pool = begin(make_pool, message_handler=heard.put)

    future = pool.execute(functions.tell_progress, "half", {"done": {1, 2}})

    assert future.result(10) == "tests.engine.functions.tell_progress"
    events = [heard.get(timeout=10) for _ in range(2)]
    assert [event.details["message"] for event in events] == ["half", {"done": {1, 2}}]
    assert {event.details["task_id"] for event in events} == {future.task_id}
    assert events[0].details["worker"] == future.info["worker"]


def test_handlers_hear_of_workers_that_come_and_go(make_pool: Callable[..., Pool]):
    online: queue.SimpleQueue = queue.SimpleQueue()
    gone: queue.SimpleQueue = queue.SimpleQueue()
    pool = begin(make_pool, online_handler=online.put, exit_handler=gone.put)

    assert {online.get(timeout=10).details["slot"] for _ in range(2)} == {0, 1}
    pool.destroy()
    assert {gone.get(timeout=10).details["slot"] for _ in range(2)} == {0, 1}


def test_a_handler_may_be_named(make_pool: Callable[..., Pool]):
    functions.HEARD.clear()
    begin(make_pool, online_handler="tests.engine.functions:hear")

    eventually(lambda: [event.name for event in functions.HEARD] == ["worker_online"] * 2)


def test_a_handler_that_raises_harms_nobody(make_pool: Callable[..., Pool], caplog: pytest.LogCaptureFixture):
    pool = begin(make_pool, message_handler="tests.engine.functions:fail")

    assert pool.execute(functions.tell_progress, "half").result(10)
    eventually(lambda: "A listener of the pool event message failed" in caplog.text)


def test_without_events_there_is_nothing_to_listen_to(make_pool: Callable[..., Pool]):
    pool = begin(make_pool, enable_events=False)

    with pytest.raises(InvalidOption, match="enable_events is False"):
        pool.on("ready", print)
    assert pool.execute(functions.add, 1, 1).result(10) == 2


# Statistics


def test_statistics_are_kept_for_each_name_of_tasks(pool: Pool):
    for number in (1, 2, 0):
        pool.execute(functions.reciprocal, number).exception(10)
    pool.execute(functions.add, 1, 1).result(10)

    tasks = pool.snapshot()["tasks"]

    failing, well = tasks["tests.engine.functions.reciprocal"], tasks["tests.engine.functions.add"]
    assert (failing["submitted"], failing["executed"], failing["failed"]) == (3, 2, 1)
    assert (well["submitted"], well["executed"], well["failed"]) == (1, 1, 0)
    assert "tasks" not in pool.snapshot(tasks=False)


def test_the_share_of_a_run_that_used_the_cpu_is_measured(pool: Pool):
    pool.execute(functions.burn, 0.05).result(10)
    busy = pool.snapshot()["elu"]
    assert busy["active"]["aggregate"] >= 0.045
    assert busy["utilization"]["average"] > 0.05

    pool.execute(functions.nap, 0.05).result(10)
    both = pool.snapshot()["elu"]
    assert both["idle"]["aggregate"] >= 0.045
    assert both["utilization"]["average"] < busy["utilization"]["average"]


def test_a_snapshot_is_json_also_before_anything_has_run(pool: Pool):
    snapshot = json.loads(json.dumps(pool.snapshot(), allow_nan=False))

    assert snapshot["run_time"]["average"] is None
    assert snapshot["elu"]["utilization"] == {"average": None, "median": None}


# Life


def test_a_pool_can_be_paused_and_goes_on(pool: Pool):
    pool.pause()
    future = pool.execute(functions.add, 1, 1)
    assert pool.snapshot()["state"] == "paused"
    assert not future.done()
    assert pool.snapshot()["queued_tasks"] == 1

    pool.resume()

    assert future.result(10) == 2


def test_destroying_a_paused_pool_finishes_what_it_was_given(pool: Pool):
    pool.pause()
    future = pool.execute(functions.add, 1, 1)

    pool.destroy()

    assert future.result(0) == 2


def test_a_drained_pool_finishes_what_it_has_and_takes_tasks_again_when_it_is_resumed(pool: Pool):
    pool.pause()
    waiting = [pool.execute(functions.add, number, 1) for number in range(20)]

    pool.drain()

    with pytest.raises(PoolDraining, match="was not taken"):
        pool.execute(functions.add, 1, 1)
    with pytest.raises(PoolDraining):
        list(pool.map(functions.add, [1], [1]))
    assert [future.result(10) for future in waiting] == list(range(1, 21))
    eventually(lambda: pool.snapshot()["state"] == "drained")
    pool.resume()
    assert pool.execute(functions.add, 1, 1).result(10) == 2


def test_a_pool_can_be_resized_and_loses_nothing(pool: Pool):
    futures = [pool.execute(functions.add, number, 1) for number in range(100)]

    pool.resize(4)
    eventually(lambda: pool.snapshot()["worker_nodes"] == 4)
    futures += [pool.execute(functions.add, number, 1) for number in range(100, 200)]
    pool.resize(1)

    assert [future.result(10) for future in futures] == list(range(1, 201))
    eventually(lambda: pool.snapshot()["worker_nodes"] == 1)
    assert pool.options.limit == 1


def test_a_pool_may_start_as_it_is_made(make_pool: Callable[..., Pool]):
    pool = make_pool(start_workers=True)

    assert pool.execute(functions.add, 1, 1).result(10) == 2


def test_options_that_are_changed_before_the_start_hold_from_then_on(make_pool: Callable[..., Pool]):
    pool = make_pool()
    pool.resize(3)
    pool.set_strategy("round_robin")

    pool.start()

    eventually(lambda: pool.snapshot()["worker_nodes"] == 3)
    assert pool.snapshot()["strategy"] == "round_robin"
