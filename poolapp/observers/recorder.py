"""Writes events to the database: a bounded line of what waits, written in batches by one thread."""

from __future__ import annotations

import logging
import math
import os
import socket
import threading
import time
from collections.abc import Iterable

from django.db import DataError, IntegrityError, connections, transaction

from poolapp.conf import PoolSettings
from poolapp.engine.events import POOL_EVENTS, TASK_EVENTS, Event
from poolapp.models import PoolEvent, TaskRecord, TaskStatus
from poolapp.moments import moment
from poolapp.observers.task_rows import COLUMNS, WRITTEN_ONCE, TaskRows, clean
from poolapp.observers.unwritten import Told, Unwritten
from poolapp.observers.upsert import upsert

logger = logging.getLogger("poolapp")

ROWS_IN_A_BATCH = 500
SECONDS_BETWEEN_WARNINGS = 60.0
# What says that there is something wrong with a record, not with the database.
REFUSALS = (DataError, IntegrityError, OverflowError, TypeError, ValueError)
TASKS_RECORDED = {"all": TASK_EVENTS, "failures": ("task_finished",), "none": ()}
# Told for every task once more, by task_finished.
NOT_RECORDED = {"task_error"}


class Recorder:
    """Takes note of events; `flush`, called by the writer's thread, writes them.

    dropped: what is missing because the database did not keep up, or has refused it: ends of tasks, whose records are
        missing or unfinished, and events of pools.
    """

    returns_at_once = True

    def __init__(self, settings: PoolSettings) -> None:
        self._database = settings.database
        self._recorded = {*POOL_EVENTS, *TASKS_RECORDED[settings.record.tasks]} - NOT_RECORDED
        self._failures_only = settings.record.tasks == "failures"
        self._unwritten = Unwritten()
        self._host, self._pid = socket.gethostname(), os.getpid()
        self.dropped = 0
        self._counting = threading.RLock()  # a signal handler may interrupt it, and use a pool
        self._next_warning = 0.0  # a reading of the monotonic clock

    def wants(self, event: str) -> bool:
        """Whether events of this name are recorded."""
        return event in self._recorded

    def handle(self, alias: str, event: Event) -> None:
        if event.name not in self._recorded:
            return
        if self._failures_only and event.name == "task_finished" and event.details["status"] != TaskStatus.FAILED:
            return
        if not self._unwritten.add(alias, event):
            self._drop()

    def flush(self, seconds: float = math.inf) -> bool:
        """Write what waits, for about so long, and say whether some is left; what could not be written waits on."""
        deadline = time.monotonic() + seconds
        while self._unwritten:
            if time.monotonic() >= deadline:
                return True
            tasks, happened = self._unwritten.take(ROWS_IN_A_BATCH)
            try:
                try:
                    self._write(tasks.values(), happened)
                except REFUSALS:
                    self._write_one_by_one(tasks, happened)
            except BaseException:
                self._unwritten.put_back(tasks, happened)
                raise
        return False

    def give_up(self) -> None:
        """Say how much was not written in the end."""
        if left := len(self._unwritten):
            with self._counting:
                self.dropped += left
            logger.warning("%d records were not written before the end, since the database took none", left)

    def _drop(self, why: str = "The database does not keep up") -> None:
        with self._counting:
            self.dropped += 1
        if time.monotonic() >= self._next_warning:
            self._next_warning = time.monotonic() + SECONDS_BETWEEN_WARNINGS
            logger.warning(
                "%s: %d events were not recorded so far; the tasks run all the same",
                why,
                self.dropped,
            )

    def _write_one_by_one(self, tasks: dict[str, Told], happened: list[Told]) -> None:
        """Write what the database takes of a batch of which it has refused something, and leave that out.

        What is dealt with is taken out of the batch, so that nothing is written twice if the database fails meanwhile.
        """
        for task_id in list(tasks):
            self._try_to_write([tasks[task_id]], [])
            del tasks[task_id]
        while happened:
            self._try_to_write([], happened[:1])
            del happened[0]

    def _try_to_write(self, tasks: list[Told], happened: list[Told]) -> None:
        try:
            self._write(tasks, happened)
        except REFUSALS as exc:
            ((_, event),) = tasks or happened
            about = event.details.get("task_id", event.name)
            self._drop(f"The database refuses a record ({about}: {type(exc).__name__}: {str(exc)[:200]})")

    def _write(self, tasks: Iterable[Told], happened: Iterable[Told]) -> None:
        connection = connections[self._database]
        rows = TaskRows(connection, self._host, self._pid)
        statement = upsert(connection, TaskRecord, COLUMNS, WRITTEN_ONCE)
        with transaction.atomic(self._database), connection.cursor() as cursor:
            statement.write(cursor, (rows.row(alias, event) for alias, event in tasks))
            PoolEvent.objects.using(self._database).bulk_create(self._pool_event(*told) for told in happened)

    def _pool_event(self, alias: str, event: Event) -> PoolEvent:
        return PoolEvent(
            at=moment(event.at),
            event=event.name,
            pool=alias,
            host=self._host,
            pid=self._pid,
            details={key: clean(value) if isinstance(value, str) else value for key, value in event.details.items()},
        )
