"""Observers hear of single tasks when they have something to do with it, and of everything else always."""

from __future__ import annotations

import pytest

from poolapp import signals
from poolapp.engine.events import EVENTS, Event
from poolapp.engine.options import PoolOptions
from poolapp.engine.pool import Pool
from poolapp.observers.audience import FREQUENT, Audience, ask_all
from poolapp.observers.signaller import Signaller


class Choosy:
    """An observer that wants to hear of tasks, or not."""

    returns_at_once = True

    def __init__(self, *, curious: bool) -> None:
        self.curious = curious
        self.heard: list[str] = []

    def wants(self, event: str) -> bool:
        return self.curious

    def handle(self, alias: str, event: Event) -> None:
        self.heard.append(event.name)


@pytest.fixture
def pool() -> Pool:
    return Pool(PoolOptions(worker="inline", min_size=1))


def wants_tasks(pool: Pool) -> bool:
    return pool._core.herald.wants_tasks


def run_a_task(pool: Pool) -> None:
    with pool:
        assert pool.execute(abs, -1).result(10) == 1


def test_a_pool_without_curious_observers_makes_no_events_of_tasks(pool: Pool):
    observer = Choosy(curious=False)
    audience = Audience("images", pool, observer)

    run_a_task(pool)

    assert audience
    assert not wants_tasks(pool)
    assert {"ready", "worker_online", "destroy"} <= set(observer.heard) <= set(EVENTS) - set(FREQUENT)


def test_observers_can_change_their_minds(pool: Pool):
    observer, other = Choosy(curious=False), Choosy(curious=False)
    audience = Audience("images", pool, observer, other)

    observer.curious = True
    ask_all()
    run_a_task(pool)
    assert observer.heard.count("task_finished") == 1
    assert "task_finished" not in other.heard

    observer.curious = False
    audience.ask()
    assert not wants_tasks(pool)


def test_who_listens_to_a_signal_is_heard_of_until_it_goes(pool: Pool):
    received: list[str] = []

    def receive(sender: object, alias: str, event: Event, **kwargs: object) -> None:
        received.append(f"{alias}: {event.name}")

    audience = Audience("images", pool, Signaller())
    assert not wants_tasks(pool)

    signals.task_finished.connect(receive)
    run_a_task(pool)
    assert received == ["images: task_finished"]

    signals.task_finished.disconnect(receive)
    assert not wants_tasks(pool)
    assert audience
