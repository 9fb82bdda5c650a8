"""Closes the books of server processes that ended without a word."""

from __future__ import annotations

from django.utils import timezone

from poolapp.models import PoolInstance, TaskRecord, TaskStatus

UNFINISHED = (TaskStatus.QUEUED, TaskStatus.RUNNING)


def close_books_of_the_lost(database: str) -> int:
    """Mark pools that have been silent for too long as stopped, and their unfinished tasks as failed; how many."""
    now = timezone.now()
    closed = 0
    for instance in PoolInstance.objects.using(database).silent(now):
        # Only one process closes them, and none that has been heard of again in the meantime.
        still = PoolInstance.objects.using(database).filter(
            pk=instance.pk, stopped_at=None, heartbeat_at=instance.heartbeat_at
        )
        if still.update(stopped_at=now):
            closed += _fail_unfinished_tasks(instance, database)
    return closed


def _fail_unfinished_tasks(instance: PoolInstance, database: str) -> int:
    """Nobody will ever say what became of them."""
    tasks = TaskRecord.objects.using(database).filter(
        status__in=UNFINISHED,
        host=instance.host,
        pid=instance.pid,
        pool=instance.alias,
        queued_at__gte=instance.started_at,
    )
    return tasks.update(
        status=TaskStatus.FAILED,
        finished_at=timezone.now(),
        error_type="WorkerLost",
        error=f"WorkerLost: process {instance.pid} on {instance.host}, which served the site, was lost",
    )
