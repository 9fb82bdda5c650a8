"""Records that a dead server process has left are closed by any other that lives."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from poolapp.lost import close_books_of_the_lost
from poolapp.models import PoolCommand, PoolInstance, TaskRecord

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


def a_request(instance: PoolInstance, status: str) -> PoolCommand:
    now = timezone.now()
    return PoolCommand.objects.create(
        instance=instance, verb="restart", status=status, requested_at=now, expires_at=now + timedelta(seconds=30)
    )


@pytest.mark.parametrize("status", ["pending", "running"])
@pytest.mark.parametrize("ended", [{"heartbeat_age": 60}, {"heartbeat_age": 1, "stopped_at": timezone.now()}])
def test_requests_to_those_that_have_ended_are_answered(ended, status):
    command = a_request(an_instance(**ended), status)

    close_books_of_the_lost("default")

    command.refresh_from_db()
    assert (command.status, command.answer) == ("failed", {"error": "its process has ended"})
    assert command.answered_at is not None


def test_other_requests_are_left_alone():
    live = a_request(an_instance(heartbeat_age=1), "running")
    done = a_request(an_instance(heartbeat_age=60), "done")

    close_books_of_the_lost("default")

    assert [PoolCommand.objects.get(pk=command.pk).status for command in (live, done)] == ["running", "done"]
