"""Records that the database will never take do not hold up those behind them."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection

import poolapp
from poolapp import pools as running_pools
from poolapp.conf import get_settings
from poolapp.engine.events import Event
from poolapp.models import PoolEvent, TaskRecord
from poolapp.observers.recorder import Recorder
from tests.app.polling import eventually
from tests.app.tables import missing
from tests.app.told import task_id, told
from tests.sampleapp import tasks

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 30
TOO_LARGE = 2**70  # for an integer of any database


def tell(recorder: Recorder, number: int, **details: object) -> None:
    event = told("task_finished", number)
    recorder.handle("default", event._replace(details={**event.details, **details}))


def recorded() -> set[str]:
    return {str(pk) for pk in TaskRecord.objects.values_list("pk", flat=True)}


def test_a_record_that_is_refused_is_left_out_counted_and_said(caplog: pytest.LogCaptureFixture):
    recorder = Recorder(get_settings())
    for number in range(5):
        tell(recorder, number, **({"worker": TOO_LARGE} if number == 2 else {}))

    assert recorder.flush() is False

    assert recorded() == {task_id(number) for number in (0, 1, 3, 4)}
    assert recorder.dropped == 1
    (line,) = [record.message for record in caplog.records if "refuses" in record.message]
    assert task_id(2) in line
    assert {"sqlite": "OverflowError", "postgresql": "out of range", "mysql": "Out of range"}[connection.vendor] in line


def test_an_event_that_is_refused_is_left_out_as_well():
    recorder = Recorder(get_settings())
    for number in range(3):
        details = {"error": object()} if number == 1 else {}
        recorder.handle("default", Event("error", float(number), details))

    recorder.flush()

    assert [event.at.timestamp() for event in PoolEvent.objects.order_by("at")] == [0.0, 2.0]
    assert recorder.dropped == 1


def test_nothing_is_written_twice_when_the_database_fails_in_the_middle(monkeypatch: pytest.MonkeyPatch):
    recorder = Recorder(get_settings())
    for number in range(4):
        recorder.handle("default", Event("error", float(number), {"error": object()} if number == 3 else {}))
    write, calls = recorder._write, []

    def fail_at_the_third(*args: object) -> None:
        calls.append(args)
        if len(calls) == 3:
            raise OperationalError("gone")
        write(*args)

    monkeypatch.setattr(recorder, "_write", fail_at_the_third)
    with pytest.raises(OperationalError):
        recorder.flush()
    recorder.flush()

    assert [event.at.timestamp() for event in PoolEvent.objects.order_by("at")] == [0.0, 1.0, 2.0]
    assert recorder.dropped == 1


@pytest.mark.usefixtures("thread_pools")
def test_what_could_not_be_written_in_the_end_is_counted(caplog: pytest.LogCaptureFixture):
    poolapp.execute(tasks.add, 1).result(SECONDS)
    eventually(lambda: TaskRecord.objects.filter(status="executed").count() == 1)

    with missing(TaskRecord), missing(PoolEvent):
        poolapp.execute(tasks.add, 2).result(SECONDS)
        running_pools.stop()

    assert any("records were not written before the end" in record.message for record in caplog.records)
