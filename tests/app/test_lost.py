"""Records that a dead server process has left are closed by any other that lives."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from poolapp.lost import close_books_of_the_lost
from poolapp.models import PoolInstance, TaskRecord

pytestmark = pytest.mark.django_db


def an_instance(heartbeat_age: float, **fields: object) -> PoolInstance:
    now = timezone.now()
    given = {"alias": "default", "host": "web1", "pid": 77, **fields}
    started, heard = now - timedelta(minutes=5), now - timedelta(seconds=heartbeat_age)
    return PoolInstance.objects.create(started_at=started, heartbeat_at=heard, **given)


def a_task(status: str, *, minutes_ago: float = 1, **fields: object) -> TaskRecord:
    queued = timezone.now() - timedelta(minutes=minutes_ago)
    given = {"pool": "default", "host": "web1", "pid": 77, "name": "a.task", **fields}
    return TaskRecord.objects.create(id=uuid.uuid4(), status=status, queued_at=queued, **given)


@pytest.mark.parametrize("status", ["queued", "running"])
def test_what_a_silent_process_has_not_finished_has_failed(status):
    instance = an_instance(heartbeat_age=60)
    task = a_task(status)

    assert close_books_of_the_lost("default") == 1

    task.refresh_from_db()
    instance.refresh_from_db()
    assert (task.status, task.error_type) == ("failed", "WorkerLost")
    assert "process 77 on web1" in task.error
    assert task.finished_at is not None
    assert instance.stopped_at is not None


@pytest.mark.parametrize("status", ["executed", "failed", "cancelled"])
def test_what_was_finished_stays_as_it_is(status):
    an_instance(heartbeat_age=60)
    task = a_task(status)

    assert close_books_of_the_lost("default") == 0

    task.refresh_from_db()
    assert task.status == status


@pytest.mark.parametrize(
    "other",
    [{"host": "web2"}, {"pid": 78}, {"pool": "quick"}, {"minutes_ago": 10}],
    ids=["host", "process", "pool", "before it was started"],
)
def test_tasks_of_others_are_left_alone(other):
    an_instance(heartbeat_age=60)
    task = a_task("running", **other)

    assert close_books_of_the_lost("default") == 0

    task.refresh_from_db()
    assert task.status == "running"


def test_a_process_that_is_heard_of_keeps_its_tasks():
    instance = an_instance(heartbeat_age=2)
    task = a_task("running")

    assert close_books_of_the_lost("default") == 0

    task.refresh_from_db()
    instance.refresh_from_db()
    assert (task.status, instance.stopped_at) == ("running", None)


def test_the_books_are_closed_once():
    an_instance(heartbeat_age=60)
    a_task("running")

    assert [close_books_of_the_lost("default") for _ in range(2)] == [1, 0]
