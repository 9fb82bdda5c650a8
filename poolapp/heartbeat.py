"""Tells other processes, through the database, that this process's pools live and how they fare."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from poolapp.conf import PoolSettings
from poolapp.engine.events import Event
from poolapp.engine.pool import Pool
from poolapp.models import PoolInstance, PoolSnapshot
from poolapp.self_report import self_report

# Events after which other processes should know soon how the pool stands.
NEWS = {"ready", "worker_online", "worker_exit", "destroy"}
PERCENTILES = {"p50": "median", "p95": "p95", "p99": "p99"}
TIMES = {
    f"{time}_{column}": (time, figure) for time in ("wait_time", "run_time") for column, figure in PERCENTILES.items()
}
FIGURES = [
    field.name
    for field in PoolSnapshot._meta.concrete_fields
    if field.name not in ("id", "instance", "at") and field.name not in TIMES
]


class Heartbeat:
    """Keeps the PoolInstance of one pool fresh, and adds to its history."""

    def __init__(self, alias: str, pool: Pool, host: str, settings: PoolSettings, wake: Callable[[], None]) -> None:
        self._pool = pool
        self._settings = settings
        self._wake = wake
        self._stopped_at: datetime | None = None
        self._next_history = 0.0  # a reading of the monotonic clock
        self._instance = PoolInstance(alias=alias, host=host, pid=os.getpid(), started_at=timezone.now())

    @property
    def instance(self) -> PoolInstance:
        """The pool as other processes see it; without an id until the first beat."""
        return self._instance

    @property
    def pool(self) -> Pool:
        return self._pool

    def handle(self, alias: str, event: Event) -> None:
        """Beat soon when there is news."""
        if event.name in NEWS:
            self._wake()

    def beat(self, recording: Mapping[str, Any]) -> None:
        """Write the pool's figures, and how recording goes; once in a while also into its history."""
        instance = self._instance
        instance.heartbeat_at = timezone.now()
        instance.stopped_at = self._stopped_at  # others may have taken us for dead
        instance.snapshot = {**self._pool.snapshot(), **recording, "process": self_report()}
        instance.save(using=self._settings.database)
        if time.monotonic() >= self._next_history:
            self._next_history = time.monotonic() + self._settings.snapshot_interval
            PoolSnapshot.objects.using(self._settings.database).create(
                instance=instance, at=instance.heartbeat_at, **figures_of(instance.snapshot)
            )

    def stop(self, recording: Mapping[str, Any]) -> None:
        """Say goodbye."""
        self._stopped_at = timezone.now()
        self.beat(recording)


def figures_of(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """What the history keeps of a snapshot."""
    times = {column: snapshot[time][figure] for column, (time, figure) in TIMES.items()}
    return {**{name: snapshot[name] for name in FIGURES}, **times}
