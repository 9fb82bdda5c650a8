"""What the models say about themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from poolapp.models import PoolInstance, TaskRecord

NOW = timezone.now()


def instance(seconds_ago: float, **fields: object) -> PoolInstance:
    return PoolInstance.objects.create(
        **{"alias": "default", "host": "here", "pid": 1, "started_at": NOW} | fields,
        heartbeat_at=NOW - timedelta(seconds=seconds_ago),
    )


@pytest.mark.django_db
class TestPoolInstance:
    def test_it_is_alive_while_its_heartbeat_is_fresh(self):
        fresh, _silent = instance(1), instance(11)

        assert list(PoolInstance.objects.alive(NOW)) == [fresh]
        assert fresh.is_alive(NOW)

    def test_it_is_silent_when_nothing_was_heard_for_long(self):
        _fresh, silent = instance(1), instance(11)

        assert list(PoolInstance.objects.silent(NOW)) == [silent]
        assert not silent.is_alive(NOW)

    def test_it_is_neither_when_it_has_said_goodbye(self):
        stopped = instance(1, stopped_at=NOW)

        assert not PoolInstance.objects.alive(NOW).exists()
        assert not PoolInstance.objects.silent(NOW).exists()
        assert not stopped.is_alive(NOW)

    def test_a_clock_that_runs_ahead_makes_no_negative_age(self):
        assert instance(-5).heartbeat_age(NOW) == 0.0

    def test_it_names_itself(self):
        assert str(instance(0, pid=42)) == "default on here, process 42"


@pytest.mark.django_db
def test_records_come_with_the_newest_first():
    for number in (1, 3, 2):
        TaskRecord.objects.create(
            id=f"00000000-0000-0000-0000-{number:012}",
            name=str(number),
            pool="default",
            status="queued",
            host="here",
            pid=1,
            queued_at=NOW + timedelta(seconds=number),
        )

    assert [record.name for record in TaskRecord.objects.all()] == ["3", "2", "1"]
    assert str(TaskRecord.objects.first()) == "3 (queued)"


@pytest.mark.django_db
def test_the_migrations_are_complete():
    call_command("makemigrations", "poolapp", check=True, dry_run=True, verbosity=0)
