"""The row of a task, made of its latest event: values as the driver of the database takes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from poolapp.engine.events import Event
from poolapp.models import TaskStatus
from poolapp.observers.upsert import takes_seconds

COLUMNS = (
    "id",
    "name",
    "pool",
    "status",
    "host",
    "pid",
    "worker",
    "worker_slot",
    "worker_pid",
    "queued_at",
    "started_at",
    "finished_at",
    "wait_time",
    "run_time",
    "error_type",
    "error",
    "traceback",
    "arguments",
    "result",
    "call",
    "attempts",
)
# These stay as they were first written.
WRITTEN_ONCE = {"id", "name", "pool", "host", "pid", "queued_at", "arguments", "call"}
LONGEST_TEXT = 50_000  # characters, of an error or a traceback
BEGINNINGS = {"task_queued": TaskStatus.QUEUED.value, "task_started": TaskStatus.RUNNING.value}

Row = tuple[Any, ...]


class TaskRows:
    """Makes rows for one database, of tasks of one process; model instances would take several times as long."""

    def __init__(self, connection: BaseDatabaseWrapper, host: str, pid: int) -> None:
        self._host, self._pid = host, pid
        self._has_uuids = connection.features.has_native_uuid_field
        self._has_zones = connection.features.supports_timezones
        self._zone = connection.timezone  # None: local time, without a zone
        self._adapt = connection.ops.adapt_datetimefield_value
        self._takes_seconds = takes_seconds(connection)

    def row(self, alias: str, event: Event) -> Row:
        """What an event of a task tells, in the order of COLUMNS."""
        details, told = event.details, event.details.get
        has_ended = event.name == "task_finished"
        error = clean(told("error"))
        return (
            self._id(details["task_id"]),
            clean(details["task"])[:255],
            alias,
            details["status"] if has_ended else BEGINNINGS[event.name],
            self._host,
            self._pid,
            told("worker"),
            told("slot"),
            told("worker_pid"),
            self._moment(details["queued_at"]),
            self._moment(told("started_at")),
            self._moment(event.at if has_ended else None),
            told("wait_time"),
            told("run_time"),
            error.partition(":")[0][:255],
            error,
            clean(told("traceback")),
            clean(told("arguments")),
            clean(told("result")),
            told("call") or "",
            told("attempts") or 1,
        )

    def _id(self, task_id: str) -> str:
        return task_id if self._has_uuids else task_id.replace("-", "")

    def _moment(self, seconds: float | None) -> Any:
        if seconds is None or self._takes_seconds:
            return seconds
        moment = datetime.fromtimestamp(seconds, self._zone)
        return self._adapt(moment if self._has_zones else moment.replace(tzinfo=None))


def clean(value: str | None) -> str:
    """A text as every database takes it: without lone surrogates and zeros, and not endless."""
    if not value:
        return ""
    text = value.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} …"
