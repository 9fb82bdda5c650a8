"""What listeners hear, and what their mistakes cost: nothing."""

from __future__ import annotations

import json
import threading
from collections import defaultdict

import pytest

from poolapp.engine import Pool
from poolapp.engine.events import EVENTS, Event
from tests.engine import functions
from tests.engine.polling import eventually


def listen(pool: Pool) -> list[Event]:
    """Everything that is told from now on."""
    heard: list[Event] = []
    for name in EVENTS:
        pool.on(name, heard.append)
    return heard


def names(heard: list[Event]) -> list[str]:
    return [event.name for event in heard]


def test_a_pool_tells_its_life_in_order(make_pool):
    pool = make_pool()
    heard = listen(pool)
    pool.start()
    eventually(lambda: "ready" in names(heard))

    pool.destroy()
    eventually(lambda: "destroy" in names(heard))

    assert names(heard) == [
        "worker_online",
        "worker_online",
        "ready",
        "worker_exit",
        "worker_exit",
        "destroy",
    ]


def test_every_task_is_told_in_order(pool: Pool):
    heard = listen(pool)

    futures = [pool.execute(functions.add, number, 1) for number in range(50)]
    for future in futures:
        future.result(10)
    eventually(lambda: names(heard).count("task_finished") == 50)

    told = defaultdict(list)
    for event in heard:
        if event.name.startswith("task_"):
            told[event.details["task_id"]].append(event.name)
    assert [told[future.task_id] for future in futures] == [["task_queued", "task_started", "task_finished"]] * 50


def test_an_executed_task_is_told_with_its_worker_and_times(pool: Pool):
    heard = listen(pool)

    future = pool.execute(functions.nap, 0.01)
    future.result(10)
    eventually(lambda: "task_finished" in names(heard))

    details = heard[-1].details if heard[-1].name == "task_finished" else heard[-2].details
    assert details["task"] == "tests.engine.functions.nap"
    assert details["status"] == "executed"
    assert details["run_time"] >= 0.01
    assert details["wait_time"] >= 0
    assert details["worker"] in [worker["id"] for worker in pool.snapshot()["workers"]]
    assert details["worker_pid"] in [worker["pid"] for worker in pool.snapshot()["workers"]]


def test_a_failed_task_is_told_with_its_error_and_traceback(pool: Pool):
    heard = listen(pool)

    pool.execute(functions.fail, "no such photo").exception(10)
    eventually(lambda: "task_finished" in names(heard))

    told = {event.name: event.details for event in heard}
    assert told["task_error"]["error"] == "ValueError: no such photo"
    assert "in fail" in told["task_error"]["traceback"]
    assert told["task_finished"]["status"] == "failed"
    assert names(heard).index("task_error") < names(heard).index("task_finished")


def test_a_cancelled_task_is_told(pool: Pool, occupied):
    with occupied(pool):
        heard = listen(pool)
        pool.execute(functions.add, 1, 1).cancel()
        eventually(lambda: "task_finished" in names(heard))

    told = [event for event in heard if event.details.get("task") == "tests.engine.functions.add"]
    assert names(told) == ["task_queued", "task_finished"]
    assert told[1].details["status"] == "cancelled"


def test_a_busy_pool_tells_so_once_and_tells_its_end(pool: Pool, occupied):
    heard = listen(pool)

    with occupied(pool):
        waiting = [pool.execute(functions.add, number, 1) for number in range(10)]
    for future in waiting:
        future.result(10)

    eventually(lambda: "busy_end" in names(heard))
    edges = [name for name in names(heard) if name.startswith("busy")]
    assert edges[:2] == ["busy", "busy_end"]
    assert edges == ["busy", "busy_end"] * (len(edges) // 2)


def test_details_are_plain_json(pool: Pool, occupied):
    heard = listen(pool)
    pool.execute(functions.add, 1, 1).result(10)
    pool.execute(functions.fail, "no").exception(10)
    with occupied(pool):
        pool.execute(functions.add, 1, 1).cancel()
    pool.destroy()

    for event in heard:
        assert json.loads(json.dumps(event.details)) == event.details


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt])
def test_a_listener_that_raises_harms_nobody(make_pool, error: type[BaseException]):
    def refuse(_: Event) -> None:
        raise error("not now")

    pool = make_pool()
    for name in EVENTS:
        pool.on(name, refuse)
    heard = listen(pool)

    with pool:
        assert [pool.execute(functions.add, number, 1).result(10) for number in range(5)] == [1, 2, 3, 4, 5]

    eventually(lambda: "destroy" in names(heard))
    assert names(heard).count("task_finished") == 5
    assert names(heard)[-1] == "destroy"


def test_a_listener_may_give_tasks(pool: Pool):
    second = threading.Event()
    futures = []

    def give_another(event: Event) -> None:
        if not futures:
            futures.append(pool.execute(functions.add, 2, 2))
            second.set()

    pool.on("task_finished", give_another)
    pool.execute(functions.add, 1, 1).result(10)

    assert second.wait(10)
    assert futures[0].result(10) == 4


def test_without_listeners_no_events_of_tasks_are_made(pool: Pool, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise AssertionError("an event was made for nobody")

    for name in ("queued", "started", "finished", "failed", "cancelled"):
        monkeypatch.setattr(f"poolapp.engine.announcer.Announcer.{name}", refuse)

    assert pool.execute(functions.add, 1, 1).result(10) == 2
    assert isinstance(pool.execute(functions.fail, "no").exception(10), ValueError)
