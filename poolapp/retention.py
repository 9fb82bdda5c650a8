"""Clears out what was recorded long enough ago, a little at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from poolapp.conf import PoolSettings
from poolapp.models import PoolEvent, PoolInstance, PoolSnapshot, TaskRecord

ROWS_AT_ONCE = 5000


def clear_out(settings: PoolSettings) -> int:
    """Delete up to a few thousand rows of each kind that are older than RETENTION says; returns how many."""
    keep = settings.retention
    database = settings.database
    return (
        _delete(TaskRecord.objects.using(database), "finished_at", keep.tasks)
        + _delete(PoolEvent.objects.using(database), "at", keep.events)
        + _delete(PoolSnapshot.objects.using(database), "at", keep.snapshots)
        + _delete(PoolInstance.objects.using(database), "heartbeat_at", max(keep.snapshots, keep.events))
    )


def _delete(rows: models.QuerySet[Any], moment: str, seconds: float) -> int:
    try:
        old = rows.filter(**{f"{moment}__lt": timezone.now() - timedelta(seconds=seconds)})
    except OverflowError:  # for ever: nothing is that old
        return 0
    ids = list(old.order_by(moment).values_list("pk", flat=True)[:ROWS_AT_ONCE])
    return rows.filter(pk__in=ids).delete()[0] if ids else 0
