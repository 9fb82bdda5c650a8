"""Clears out what was recorded long enough ago, or is more than is kept, a little at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db import connections, models, transaction
from django.utils import timezone

from poolapp.conf import PoolSettings, Retention
from poolapp.models import PoolEvent, PoolInstance, PoolSnapshot, TaskRecord

ROWS_AT_ONCE = 5000

Rows = models.QuerySet[Any]


def clear_out(settings: PoolSettings) -> Iterator[int]:
    """Delete what is not kept any more, a few thousand rows in each step; yields how many that were."""
    for rows in expired(settings.retention, settings.database):
        while deleted := delete_some(rows):
            yield deleted


def expired(keep: Retention, database: str) -> Iterator[Rows]:
    """The rows of each kind that are not kept any more, the oldest first."""
    # What has ended long ago was queued even longer ago, and that has an index.
    yield from _surplus(TaskRecord, database, keep.tasks, keep.task_count, "queued_at", "finished_at")
    yield from _surplus(PoolEvent, database, keep.events, keep.event_count, "at")
    yield from _surplus(PoolSnapshot, database, keep.snapshots, None, "at")
    yield from _surplus(PoolInstance, database, max(keep.snapshots, keep.events), None, "heartbeat_at")


def delete_some(rows: Rows) -> int:
    """Delete the first few thousand of these rows, so that nobody waits for long; returns how many that were.

    What another process is about to delete is left to it, where the database can tell.
    """
    skips = connections[rows.db].features.has_select_for_update_skip_locked
    with transaction.atomic(rows.db):
        ids = list(rows.select_for_update(skip_locked=skips).values_list("pk", flat=True)[:ROWS_AT_ONCE])
        return rows.model._base_manager.using(rows.db).filter(pk__in=ids).delete()[0] if ids else 0


def _surplus(
    model: type[models.Model], database: str, seconds: float, count: int | None, moment: str, *later: str
) -> Iterator[Rows]:
    """The rows whose moments all lie so many seconds back, and those beyond the newest `count`, unless they go on.

    There is one set of rows at the most, and none where all are kept for ever.
    """
    rows = model._base_manager.using(database)
    long_ago, kept_from = _ago(seconds), _oldest_kept(rows.order_by(f"-{moment}"), count, moment)
    conditions = []
    if long_ago is not None:
        conditions.append(models.Q(**{f"{name}__lt": long_ago for name in (moment, *later)}))
    if kept_from is not None:
        has_ended = {f"{name}__isnull": False for name in later}
        conditions.append(models.Q(**{f"{moment}__lt": kept_from}, **has_ended))
    if conditions:
        older_than = max(filter(None, (long_ago, kept_from)))  # what the index is asked for
        yield rows.filter(reduce(or_, conditions), **{f"{moment}__lt": older_than}).order_by(moment, *later)


def _ago(seconds: float) -> datetime | None:
    """So many seconds before now; None where there is no such time."""
    try:
        return timezone.now() - timedelta(seconds=seconds)
    except OverflowError:
        return None


def _oldest_kept(newest_first: Rows, count: int | None, moment: str) -> datetime | None:
    """The moment of the last row that is kept; None if all are."""
    if count is None:
        return None
    return newest_first.values_list(moment, flat=True)[count - 1 : count].first()
