"""The rows of tasks are what Django itself would have written."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from poolapp.engine.events import Event
from poolapp.models import TaskRecord
from poolapp.observers.task_rows import COLUMNS, LONGEST_TEXT, WRITTEN_ONCE, TaskRows, clean
from poolapp.observers.upsert import ROWS_IN_A_STATEMENT, upsert
from tests.app.told import task_id, told
from tests.engine.test_announcer import make_announcer, make_task

pytestmark = pytest.mark.django_db
# With and without microseconds, in winter and summer, and the hour that comes twice in Europe.
MOMENTS = [1_700_000_000.0, 1_700_000_000.123456, 1_720_000_000.5, 1_729_990_800.25]


def write(*events: Event) -> None:
    rows = TaskRows(connection, "here", 4711)
    with connection.cursor() as cursor:
        statement = upsert(connection, TaskRecord, COLUMNS, WRITTEN_ONCE)
        statement.write(cursor, (rows.row("default", event) for event in events))


def columns_of(task: str) -> dict[str, Any]:
    """What the table holds, as the driver reads it."""
    record = TaskRecord.objects.filter(pk=task)
    sql, parameters = record.values(*COLUMNS).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return dict(zip(COLUMNS, cursor.fetchone(), strict=True))


def test_all_columns_are_written():
    assert list(COLUMNS) == [field.column for field in TaskRecord._meta.concrete_fields]


def test_a_server_of_the_version_before_writes_rows_still():
    new = ("call", "attempts")
    columns = [column for column in COLUMNS if column not in new]
    rows = TaskRows(connection, "here", 4711)
    row = dict(zip(COLUMNS, rows.row("default", told("task_finished", 1)), strict=True))

    with connection.cursor() as cursor:
        statement = upsert(connection, TaskRecord, columns, WRITTEN_ONCE - set(new))
        statement.write(cursor, [tuple(row[column] for column in columns)])

    record = TaskRecord.objects.get(pk=task_id(1))
    assert (record.call, record.attempts) == ("", 1)


@pytest.mark.parametrize("use_tz", [True, False])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/St_Johns"])
@pytest.mark.parametrize("seconds", MOMENTS)
def test_a_row_is_the_same_as_that_of_an_instance(settings, seconds: float, zone: str, use_tz: bool):
    settings.USE_TZ, settings.TIME_ZONE = use_tz, zone
    write(told("task_finished", 1, at=seconds, queued_at=seconds, started_at=seconds))
    record = TaskRecord.objects.get(pk=task_id(1))
    moment = datetime.fromtimestamp(seconds, UTC)
    record.queued_at = record.started_at = record.finished_at = (
        moment if use_tz else timezone.make_naive(moment, timezone.get_default_timezone())
    )
    record.pk = uuid.UUID(int=2)

    record.save(force_insert=True)

    assert columns_of(task_id(2)) == columns_of(task_id(1)) | {"id": columns_of(task_id(2))["id"]}


def test_moments_are_read_as_they_were_told():
    write(told("task_finished", 1, at=1_700_000_000.5))

    assert TaskRecord.objects.get().finished_at == datetime.fromtimestamp(1_700_000_000.5, UTC)


def test_a_later_event_changes_what_may_change_and_keeps_the_rest():
    write(told("task_started", 1, arguments="1, 2"))

    write(told("task_finished", 1, arguments="changed", task="changed", run_time=0.5, result="3"))

    record = TaskRecord.objects.get()
    assert (record.name, record.arguments) == ("a task", "1, 2")
    assert (record.status, record.run_time, record.result) == ("executed", 0.5, "3")


def test_a_task_that_was_cancelled_has_no_worker_any_more():
    write(told("task_started", 1))

    never_ran = dict.fromkeys(("worker", "slot", "worker_pid", "started_at", "wait_time", "run_time"))
    write(told("task_finished", 1, status="cancelled", **never_ran))

    record = TaskRecord.objects.get()
    assert (record.status, record.worker, record.started_at) == ("cancelled", None, None)


def test_many_rows_take_several_statements(django_assert_max_num_queries):
    count = 3 * ROWS_IN_A_STATEMENT + 1

    with django_assert_max_num_queries(7):
        write(*(told("task_finished", number) for number in range(count)))

    assert TaskRecord.objects.count() == count


def test_nothing_to_write_is_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        write()


def test_an_error_has_the_type_that_it_begins_with():
    write(told("task_finished", 1, status="failed", error="ValueError: no: such photo", traceback="Traceback …"))

    record = TaskRecord.objects.get()
    assert (record.error_type, record.error) == ("ValueError", "ValueError: no: such photo")
    assert record.traceback == "Traceback …"


@pytest.mark.parametrize(
    "text, expected",
    [
        (None, ""),
        ("", ""),
        ("ä photo 📷", "ä photo 📷"),
        ("a\0b", "a\\x00b"),
        ("\ud800", "\\ud800"),
        ("x" * LONGEST_TEXT, "x" * LONGEST_TEXT),
        ("x" * (LONGEST_TEXT + 1), "x" * LONGEST_TEXT + " …"),
    ],
)
def test_texts_are_such_as_every_database_takes(text: str | None, expected: str):
    assert clean(text) == expected

    write(told("task_finished", 1, error=text, result=text))
    assert TaskRecord.objects.get().result == expected


def test_a_long_name_is_cut():
    write(told("task_queued", 1, task="n" * 300))

    assert TaskRecord.objects.get().name == "n" * 255


def test_a_moment_of_an_hour_that_comes_twice_stays_apart_with_time_zones():
    first = datetime(2024, 10, 27, 0, 30, tzinfo=UTC).timestamp()

    write(told("task_queued", 1, queued_at=first), told("task_queued", 2, queued_at=first + 3600))

    one, two = TaskRecord.objects.order_by("pk")
    assert two.queued_at - one.queued_at == timedelta(hours=1)


@pytest.mark.parametrize("drawn", [0, 2**128 - 1])
def test_every_id_that_a_pool_may_make_is_taken(monkeypatch: pytest.MonkeyPatch, drawn: int):
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=drawn))
    made = make_announcer().task_id(make_task())
    event = told("task_finished", 1)
    event.details["task_id"] = made

    write(event)

    assert str(TaskRecord.objects.get().pk) == made
