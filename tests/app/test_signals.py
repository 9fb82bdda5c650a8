"""The events of pools as Django signals."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from django.dispatch import Signal

import poolapp
from poolapp import pools as running_pools
from poolapp import signals
from poolapp.engine.events import EVENTS, Event
from poolapp.models import PoolInstance
from tests.app.polling import eventually
from tests.sampleapp import tasks

pytestmark = pytest.mark.usefixtures("thread_pools")
SECONDS = 30


@pytest.fixture
def heard() -> Iterator[list[tuple[str, Any]]]:
    """All signals, in the order in which they came: name and what came with it."""
    came: list[tuple[str, Any]] = []
    receivers: list[tuple[Signal, Callable[..., None]]] = []
    for name, signal in signals.BY_EVENT.items():

        def receive(name: str = name, **kwargs: Any) -> None:
            came.append((name, kwargs))

        signal.connect(receive, weak=False)
        receivers.append((signal, receive))
    yield came
    for signal, receiver in receivers:
        signal.disconnect(receiver)


def test_every_event_has_its_signal():
    assert tuple(signals.BY_EVENT) == EVENTS
    assert all(getattr(signals, name) is signal for name, signal in signals.BY_EVENT.items())


def test_a_signal_says_which_pool_and_carries_the_event(heard):
    poolapp.execute(tasks.add, 1, 2).result(SECONDS)
    eventually(lambda: "task_finished" in dict(heard))

    [finished] = [kwargs for name, kwargs in heard if name == "task_finished"]

    assert (finished["sender"], finished["alias"]) == (Event, "default")
    assert finished["event"].details["task"] == "tests.sampleapp.tasks.add"
    assert finished["event"].details["status"] == "executed"


def test_signals_come_in_the_order_of_events(heard):
    eventually(lambda: poolapp.get_pool("threads").snapshot()["ready"])
    poolapp.execute(tasks.process_id_of_a_thread).result(SECONDS)
    running_pools.stop()

    names = [name for name, _ in heard]

    assert names == [
        "worker_online",
        "worker_online",
        "ready",
        "task_queued",
        "task_started",
        "task_finished",
        "worker_exit",
        "worker_exit",
        "destroy",
    ]


def test_a_failed_task_is_told_twice_once_as_an_error(heard):
    poolapp.execute(tasks.refuse, "not today").exception(SECONDS)
    eventually(lambda: "task_finished" in dict(heard))

    names = [name for name, _ in heard if name.startswith("task")]

    assert names == ["task_queued", "task_started", "task_error", "task_finished"]


def test_a_worker_that_is_lost_is_told_with_the_reason(heard, pools, settings):
    settings.POOLAPP = pools
    poolapp.execute(tasks.leave, 3).exception(SECONDS)
    eventually(lambda: "error" in dict(heard))

    details = dict(heard)["worker_exit"]["event"].details

    assert details["expected"] is False
    assert "exit code 3" in details["reason"]
    assert "exit code 3" in dict(heard)["error"]["event"].details["error"]


def test_a_receiver_that_raises_harms_nobody_and_is_logged(heard, caplog):
    def fail(**kwargs: Any) -> None:
        raise ZeroDivisionError("in a receiver")

    signals.task_finished.connect(fail)
    try:
        results = [poolapp.execute(tasks.add, n).result(SECONDS) for n in range(3)]
        eventually(lambda: [name for name, _ in heard].count("task_finished") == 3)
    finally:
        signals.task_finished.disconnect(fail)

    assert results == [0, 1, 2]
    assert any(record.exc_info and record.exc_info[0] is ZeroDivisionError for record in caplog.records)


@pytest.mark.django_db(transaction=True)
def test_a_receiver_may_use_the_database_and_leaves_no_connection_open():
    counted: list[int] = []
    open_after: list[int] = []
    used: list[Any] = []

    def count(**kwargs: Any) -> None:
        open_after.append(sum(connection.connection is not None for connection in used))
        counted.append(PoolInstance.objects.count())
        used[:] = connections.all(initialized_only=True)

    signals.task_finished.connect(count)
    try:
        for number in range(3):
            poolapp.execute(tasks.add, number, 0).result(SECONDS)
        eventually(lambda: len(counted) == 3)
    finally:
        signals.task_finished.disconnect(count)

    assert open_after == [0, 0, 0]


def test_a_receiver_that_blocks_holds_up_no_task():
    go_on = threading.Event()

    def wait(**kwargs: Any) -> None:
        go_on.wait(SECONDS)

    signals.task_finished.connect(wait)
    try:
        assert [poolapp.execute(tasks.add, n, 0).result(SECONDS) for n in range(50)] == list(range(50))
    finally:
        go_on.set()
        signals.task_finished.disconnect(wait)
