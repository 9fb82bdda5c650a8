"""What was recorded long ago is deleted, a little at a time, and nothing else is."""

from __future__ import annotations

import threading
import uuid
from datetime import datetime, timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from poolapp import retention
from poolapp.conf import PoolSettings, get_settings
from poolapp.models import PoolCommand, PoolEvent, PoolInstance, PoolSnapshot, TaskRecord
from poolapp.retention import clear_out

pytestmark = pytest.mark.django_db
NOW = timezone.now()
HOUR = timedelta(hours=1)


@pytest.fixture
def an_hour(settings) -> PoolSettings:
    """Settings that keep everything for an hour."""
    settings.POOLAPP = {"RETENTION": {"TASKS": 3600, "EVENTS": 3600, "SNAPSHOTS": 3600}}
    return get_settings()


def task(finished_at: datetime | None, name: str = "a task") -> TaskRecord:
    return TaskRecord.objects.create(
        id=uuid.uuid4(),
        name=name,
        pool="default",
        status="executed" if finished_at else "running",
        host="here",
        pid=1,
        queued_at=NOW - 100 * HOUR,
        finished_at=finished_at,
    )


def event(at: datetime) -> PoolEvent:
    return PoolEvent.objects.create(at=at, event="busy", pool="default", host="here", pid=1)


def instance(heartbeat_at: datetime) -> PoolInstance:
    return PoolInstance.objects.create(
        alias="default", host="here", pid=1, started_at=NOW - 100 * HOUR, heartbeat_at=heartbeat_at
    )


def clear(settings: PoolSettings) -> int:
    """Clear out in as many steps as it takes; how many rows went."""
    return sum(clear_out(settings))


def snapshot(of: PoolInstance, at: datetime) -> PoolSnapshot:
    counted = [field.name for field in PoolSnapshot._meta.fields if field.name not in ("id", "instance", "at")]
    return PoolSnapshot.objects.create(instance=of, at=at, **dict.fromkeys(counted, 0))


@pytest.mark.parametrize("make", [task, event])
def test_what_is_older_goes_and_what_is_younger_stays(an_hour, make):
    old, young = make(NOW - 1.1 * HOUR), make(NOW - 0.9 * HOUR)

    assert clear(an_hour) == 1

    assert not type(old).objects.filter(pk=old.pk).exists()
    assert type(young).objects.filter(pk=young.pk).exists()


def test_the_history_of_a_pool_goes_before_the_pool_itself(an_hour):
    pool = instance(NOW)
    snapshot(pool, NOW - 2 * HOUR)
    young = snapshot(pool, NOW)

    clear(an_hour)

    assert list(PoolSnapshot.objects.all()) == [young]
    assert list(PoolInstance.objects.all()) == [pool]


def test_a_pool_that_was_not_heard_of_for_so_long_goes_with_all_that_hangs_on_it(an_hour):
    gone = instance(NOW - 2 * HOUR)
    PoolCommand.objects.create(instance=gone, verb="restart", requested_at=NOW, expires_at=NOW)
    snapshot(gone, NOW)

    clear(an_hour)

    assert not PoolInstance.objects.exists()
    assert not PoolCommand.objects.exists()
    assert not PoolSnapshot.objects.exists()


def test_a_pool_stays_as_long_as_its_history_or_its_events(settings):
    settings.POOLAPP = {"RETENTION": {"EVENTS": 7200, "SNAPSHOTS": 60}}
    instance(NOW - HOUR)

    clear(get_settings())

    assert PoolInstance.objects.exists()


def test_a_task_that_has_not_finished_stays(an_hour):
    running = task(None)

    clear(an_hour)

    assert TaskRecord.objects.get() == running


def test_it_goes_in_small_steps_the_oldest_first(an_hour, monkeypatch):
    monkeypatch.setattr(retention, "ROWS_AT_ONCE", 10)
    for number in range(25):
        task(NOW - 100 * HOUR + number * HOUR, name=str(number))

    left = [
        [int(name) for name in TaskRecord.objects.order_by("finished_at").values_list("name", flat=True)]
        for _ in clear_out(an_hour)
    ]

    assert left == [list(range(10, 25)), list(range(20, 25)), []]


def test_nothing_old_is_nothing_done(an_hour, django_assert_num_queries):
    task(NOW)

    with django_assert_num_queries(14):  # two of them for counts, and each of four kinds in a transaction
        assert clear(an_hour) == 0


def test_a_very_long_time_keeps_everything(settings):
    settings.POOLAPP = {"RETENTION": {"TASKS": 1e12, "EVENTS": float("inf"), "SNAPSHOTS": 1e15}}
    task(NOW - 1000 * HOUR)

    assert clear(get_settings()) == 0
    assert TaskRecord.objects.exists()


class TestCounts:
    """How much is kept at the most."""

    @pytest.fixture
    def keep_two(self, settings) -> PoolSettings:
        settings.POOLAPP = {"RETENTION": {"TASK_COUNT": 2, "EVENT_COUNT": 2}}
        return get_settings()

    @pytest.mark.parametrize("make", [task, event])
    def test_the_latest_stay(self, keep_two, make):
        made = [make(NOW + number * timedelta(seconds=1)) for number in range(5)]
        if make is task:
            for number, record in enumerate(made):
                type(record).objects.filter(pk=record.pk).update(queued_at=NOW + number * timedelta(seconds=1))

        assert clear(keep_two) == 3
        assert set(type(made[0]).objects.all()) == set(made[3:])

    def test_what_runs_stays_however_old_it_is(self, keep_two):
        running = task(None)
        for number in range(3):
            record = task(NOW)
            TaskRecord.objects.filter(pk=record.pk).update(queued_at=NOW + number * timedelta(seconds=1))

        assert clear(keep_two) == 1
        assert running in TaskRecord.objects.all()

    def test_it_can_be_without_bound(self, settings):
        settings.POOLAPP = {"RETENTION": {"TASK_COUNT": None, "EVENT_COUNT": None, "TASKS": 1e12, "EVENTS": 1e12}}
        event(NOW)

        assert clear(get_settings()) == 0


@pytest.mark.django_db(transaction=True)
def test_processes_that_clear_out_at_the_same_time_do_not_wait_for_each_other(an_hour):
    """Another one is in the middle of deleting the oldest: this one goes on with what comes after them."""
    if not connection.features.has_select_for_update_skip_locked:
        pytest.skip(f"{connection.display_name} lets only one write at a time anyway")
    old = [task(NOW - 2 * HOUR), task(NOW - 3 * HOUR)]
    deleted = []
    with transaction.atomic():
        TaskRecord.objects.select_for_update().get(pk=old[1].pk)
        other = threading.Thread(target=lambda: deleted.append(clear(an_hour)) or connections.close_all())
        other.start()
        other.join(timeout=10)
    assert deleted == [1]
    assert TaskRecord.objects.get() == old[1]
