"""Writes tasks and events to the database, in batches and from one thread."""

from __future__ import annotations

import logging
import math
import os
import socket
import time
import uuid
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime

from django.conf import settings as django_settings
from django.db import connections

from poolapp.conf import PoolSettings
from poolapp.engine.events import TASK_EVENTS, Event
from poolapp.models import PoolEvent, TaskRecord, TaskStatus

logger = logging.getLogger("poolapp")

# What waits to be written at the most. Beyond it the beginnings of tasks are left out, their ends up to twice this.
BUFFERED_EVENTS = 20_000
ROWS_IN_A_BATCH = 500
SECONDS_BETWEEN_WARNINGS = 60.0
LONGEST_TEXT = 50_000  # characters, of an error or a traceback
# An upsert leaves these as they were first written.
WRITTEN_ONCE = {"id", "name", "pool", "host", "pid", "queued_at", "arguments"}
UPDATED = [field.name for field in TaskRecord._meta.concrete_fields if field.name not in WRITTEN_ONCE]
# Told for every task once more, by task_finished.
NOT_RECORDED = {"task_error"}


class Recorder:
    """Takes note of events; `flush`, called by the writer's thread, writes them.

    dropped: events that were left out because the database did not keep up.
    """

    def __init__(self, settings: PoolSettings) -> None:
        self._settings = settings
        self._events: deque[tuple[str, Event]] = deque()
        self._host, self._pid = socket.gethostname(), os.getpid()
        self.dropped = 0
        self._next_warning = 0.0  # a reading of the monotonic clock

    def handle(self, alias: str, event: Event) -> None:
        if event.name in NOT_RECORDED:
            return
        if event.name in TASK_EVENTS and not self._is_wanted(event):
            return
        waiting = len(self._events)
        if waiting >= BUFFERED_EVENTS and (event.name != "task_finished" or waiting >= 2 * BUFFERED_EVENTS):
            self._drop()
            return
        self._events.append((alias, event))

    def flush(self, seconds: float = math.inf) -> bool:
        """Write what waits, for about so long, and say whether some is left; what could not be written waits on."""
        deadline = time.monotonic() + seconds
        while self._events:
            if time.monotonic() >= deadline:
                return True
            taken = [self._events.popleft() for _ in range(min(len(self._events), ROWS_IN_A_BATCH))]
            try:
                self._write(taken)
            except Exception:
                self._events.extendleft(reversed(taken))
                raise
        return False

    def _drop(self) -> None:
        self.dropped += 1
        if time.monotonic() >= self._next_warning:
            self._next_warning = time.monotonic() + SECONDS_BETWEEN_WARNINGS
            logger.warning(
                "The database does not keep up: %d events were not recorded so far; the tasks run all the same",
                self.dropped,
            )

    def _is_wanted(self, event: Event) -> bool:
        which = self._settings.record.tasks
        failed = event.name == "task_finished" and event.details["status"] == TaskStatus.FAILED
        return which == "all" or (which == "failures" and failed)

    def _write(self, events: Iterable[tuple[str, Event]]) -> None:
        database = self._settings.database
        tasks: dict[str, TaskRecord] = {}
        happened = []
        for alias, event in events:
            if event.name in TASK_EVENTS:
                self._note_task(tasks.setdefault(event.details["task_id"], self._record(alias, event)), event)
            else:
                happened.append(self._pool_event(alias, event))
        if tasks:
            _upsert(tasks.values(), database)
        if happened:
            PoolEvent.objects.using(database).bulk_create(happened)

    def _record(self, alias: str, event: Event) -> TaskRecord:
        details = event.details
        return TaskRecord(
            id=uuid.UUID(details["task_id"]),
            name=_text(details["task"])[:255],
            pool=alias,
            status=TaskStatus.QUEUED,
            host=self._host,
            pid=self._pid,
            queued_at=_moment(details["queued_at"]),
            arguments=_text(details.get("arguments")),
        )

    def _note_task(self, record: TaskRecord, event: Event) -> None:
        details = event.details
        if event.name == "task_queued":
            return
        record.worker, record.worker_slot = details.get("worker"), details.get("slot")
        record.worker_pid = details.get("worker_pid")
        if details.get("started_at") is not None:
            record.started_at = _moment(details["started_at"])
        if event.name == "task_started":
            record.status = TaskStatus.RUNNING
            return
        record.status = details["status"]
        record.finished_at = _moment(event.at)
        record.wait_time, record.run_time = details["wait_time"], details["run_time"]
        record.error = _text(details["error"])
        record.error_type = record.error.partition(":")[0][:255]
        record.traceback = _text(details["traceback"])
        record.result = _text(details.get("result"))

    def _pool_event(self, alias: str, event: Event) -> PoolEvent:
        return PoolEvent(
            at=_moment(event.at),
            event=event.name,
            pool=alias,
            host=self._host,
            pid=self._pid,
            details={key: _text(value) if isinstance(value, str) else value for key, value in event.details.items()},
        )


def _upsert(records: Iterable[TaskRecord], database: str) -> None:
    targets = connections[database].features.supports_update_conflicts_with_target
    TaskRecord.objects.using(database).bulk_create(
        records,
        update_conflicts=True,
        update_fields=UPDATED,
        unique_fields=["id"] if targets else None,  # MySQL knows its unique keys by itself
    )


def _text(value: str | None) -> str:
    """A text as every database takes it: without lone surrogates and zeros, and not endless."""
    clean = (value or "").encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
    return clean if len(clean) <= LONGEST_TEXT else f"{clean[:LONGEST_TEXT]} …"


def _moment(seconds: float) -> datetime:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment if django_settings.USE_TZ else moment.astimezone().replace(tzinfo=None)
