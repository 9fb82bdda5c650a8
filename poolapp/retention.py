"""Clears out what was recorded long enough ago, a little at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from poolapp.conf import PoolSettings, Retention
from poolapp.models import PoolEvent, PoolInstance, PoolSnapshot, TaskRecord

ROWS_AT_ONCE = 5000


def clear_out(settings: PoolSettings) -> int:
    """Delete up to a few thousand rows of each kind that are older than RETENTION says; returns how many."""
    return sum(delete_some(rows) for rows in expired(settings.retention, settings.database))


def expired(keep: Retention, database: str) -> Iterator[models.QuerySet[Any]]:
    """The rows of each kind that are older than they are kept, the oldest first."""
    # What has ended long ago was queued even longer ago, and that has an index.
    yield from _older(TaskRecord, keep.tasks, database, "queued_at", "finished_at")
    yield from _older(PoolEvent, keep.events, database, "at")
    yield from _older(PoolSnapshot, keep.snapshots, database, "at")
    yield from _older(PoolInstance, max(keep.snapshots, keep.events), database, "heartbeat_at")


def delete_some(rows: models.QuerySet[Any]) -> int:
    """Delete the first few thousand of these rows, so that nobody waits for long; returns how many that were."""
    ids = list(rows.values_list("pk", flat=True)[:ROWS_AT_ONCE])
    return rows.model._base_manager.using(rows.db).filter(pk__in=ids).delete()[0] if ids else 0


def _older(model: type[models.Model], seconds: float, database: str, *moments: str) -> Iterator[models.QuerySet[Any]]:
    """The rows whose moments all lie so long back; none at all where nothing is that old."""
    try:
        before = timezone.now() - timedelta(seconds=seconds)
    except OverflowError:  # they are kept for ever
        return
    older = {f"{moment}__lt": before for moment in moments}
    yield model._base_manager.using(database).filter(**older).order_by(*moments)
