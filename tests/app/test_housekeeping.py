"""The thread that talks to the database: one chore's trouble is not another's, and nobody is told of it too often."""

from __future__ import annotations

import logging
from io import StringIO

import pytest
from django.core.management import call_command

import poolapp
from poolapp import housekeeping
from poolapp import pools as running_pools
from poolapp.housekeeping import Chore
from poolapp.models import PoolCommand, PoolInstance, TaskRecord
from tests.app.polling import eventually
from tests.app.tables import error_without_table, missing
from tests.sampleapp import tasks

SECONDS = 30


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "poolapp"]


@pytest.mark.django_db(transaction=True)
class TestAChore:
    def chore(self) -> Chore:
        return Chore("count the tasks", 5.0, TaskRecord.objects.count)

    def test_that_fails_complains_once_a_minute(self, caplog):
        chore = self.chore()

        with missing(TaskRecord):
            for _ in range(5):
                chore.do()

        assert chore.failures == 5
        assert complaints(caplog) == ["poolapp could not count the tasks (failure 1); it tries again"]
        [record] = caplog.records
        assert (record.levelno, record.exc_info[0].__name__) == (logging.ERROR, error_without_table())

    def test_that_fails_for_longer_complains_again(self, caplog, monkeypatch):
        monkeypatch.setattr(housekeeping, "SECONDS_BETWEEN_COMPLAINTS", 0.0)
        chore = self.chore()

        with missing(TaskRecord):
            for _ in range(2):
                chore.do()

        assert complaints(caplog)[1] == "poolapp could not count the tasks (failure 2); it tries again"

    def test_works_again_with_the_database(self, caplog):
        counted: list[int] = []
        chore = Chore("count the tasks", 5.0, lambda: counted.append(TaskRecord.objects.count()))

        with missing(TaskRecord):
            chore.do()
            assert chore.trouble is not None
            assert error_without_table() in chore.trouble
        chore.do()

        assert counted == [0]
        assert chore.trouble is None
        assert complaints(caplog)[-1] == "poolapp can count the tasks again (after 1 failures)"


@pytest.mark.usefixtures("thread_pools")
class TestTheHousekeeper:
    def test_beats_and_records_while_it_cannot_look_for_requests(self, caplog):
        with missing(PoolCommand):
            poolapp.execute(tasks.add, 1).result(SECONDS)
            first = eventually(PoolInstance.objects.first)
            eventually(lambda: PoolInstance.objects.get().heartbeat_at > first.heartbeat_at)
            eventually(TaskRecord.objects.filter(status="executed").exists)
            eventually(lambda: "could not look for requests" in "".join(complaints(caplog)))

        assert sum("could not look for requests" in complaint for complaint in complaints(caplog)) == 1

    def test_records_while_it_cannot_beat_and_beats_when_it_can(self, caplog):
        with missing(PoolInstance):
            poolapp.execute(tasks.add, 1).result(SECONDS)
            eventually(TaskRecord.objects.filter(status="executed").exists)
            eventually(lambda: complaints(caplog))

        eventually(PoolInstance.objects.filter(snapshot__executed_tasks=1).exists)
        assert "could not write its heartbeat" in complaints(caplog)[0]

    def test_says_what_is_wrong_with_recording_as_long_as_it_is(self):
        poolapp.get_pool()

        with missing(TaskRecord):
            poolapp.execute(tasks.add, 1).result(SECONDS)
            eventually(
                PoolInstance.objects.filter(snapshot__recording_trouble__startswith=error_without_table()).exists
            )
            output = StringIO()
            call_command("poolstatus", stdout=output)
            assert f"records cannot be written: {error_without_table()}" in output.getvalue()

        eventually(PoolInstance.objects.filter(snapshot__recording_trouble=None).exists)

    def test_ends_in_time_even_if_nothing_can_be_written(self):
        poolapp.execute(tasks.add, 1).result(SECONDS)
        eventually(PoolInstance.objects.exists)

        with missing(PoolInstance), missing(TaskRecord):
            running_pools.stop()

        assert running_pools.running() == {}

    def test_clears_out_what_is_old_when_it_starts(self, old_and_new):
        poolapp.get_pool()

        eventually(lambda: [record.name for record in TaskRecord.objects.all()] == ["new"])
