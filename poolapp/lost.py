"""Closes the books of server processes that ended without a word."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from poolapp.models import CommandStatus, PoolCommand, PoolInstance, TaskRecord, TaskStatus

UNFINISHED = (TaskStatus.QUEUED, TaskStatus.RUNNING)
UNANSWERED = (CommandStatus.PENDING, CommandStatus.RUNNING)
# Requests to pools that ended longer ago have been answered, if anybody lives to do it.
LOOKED_BACK = timedelta(days=1)


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
    _answer_for_the_ended(database)
    return closed


def _answer_for_the_ended(database: str) -> None:
    """Whoever has asked for something need not wait for a process that was stopped or lost."""
    now = timezone.now()
    ended = PoolInstance.objects.using(database).filter(stopped_at__isnull=False, heartbeat_at__gte=now - LOOKED_BACK)
    unanswered = PoolCommand.objects.using(database).filter(instance__in=ended, status__in=UNANSWERED)
    for pk in unanswered.values_list("pk", flat=True):
        answer = {"status": CommandStatus.FAILED, "answer": {"error": "its process has ended"}, "answered_at": now}
        unanswered.filter(pk=pk).update(**answer)


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
