"""Whose worker the calling thread is, where workers are threads of this process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from poolapp.engine.node import Batch, WorkerNode
    from poolapp.engine.workers.base import Reports


class WorkerHere(Protocol):
    """A worker one of whose threads is the calling one."""

    @property
    def node(self) -> WorkerNode: ...

    @property
    def reports(self) -> Reports: ...

    def run_here(self, batch: Batch) -> None:
        """Run a batch in the calling thread, and report what comes of it."""


class _Here(threading.local):
    worker: WorkerHere | None = None


here = _Here()


def worker_here(pool: Reports) -> WorkerHere | None:
    """The worker of this pool that the calling thread belongs to, if it does."""
    worker = here.worker
    return worker if worker is not None and worker.reports is pool else None


def act_for(worker: WorkerHere, action: Callable[[], None]) -> None:
    """Do something as if the calling thread were one of the worker's."""
    here.worker = worker
    try:
        action()
    finally:
        here.worker = None
