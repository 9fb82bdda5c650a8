"""A restart of workers: which are still to be replaced, and which new one stands in for which old one."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from typing import Any


class WorkersRestart(Future[dict[int, int]]):
    """A restart in progress; its result maps the ids of the old workers to those of the new ones.

    It fails with WorkerStartFailed when a replacement could not be started, and with PoolDestroyed when the pool
    was destroyed before all workers were replaced. The old workers that were not replaced go on working.
    """

    def __init__(self, worker_ids: list[int]) -> None:
        super().__init__()
        self.total = len(worker_ids)
        self.waiting: deque[int] = deque(worker_ids)
        self.replaced: dict[int, int] = {}
        self.successor: dict[int, int] = {}  # of a worker that is being replaced now

    @property
    def progress(self) -> dict[str, Any]:
        """How far it has come, JSON-ready."""
        return {"total": self.total, "replaced": len(self.replaced)}

    def predecessor_of(self, successor_id: int) -> int | None:
        """The worker that `successor_id` is to replace, if any."""
        return next((old for old, new in self.successor.items() if new == successor_id), None)

    def gone(self, old_id: int) -> None:
        """Note that an old worker has ended."""
        if old_id in self.successor:
            self.replaced[old_id] = self.successor.pop(old_id)

    def try_again(self, old_id: int) -> None:
        """Note that the successor of an old worker has ended before its time."""
        del self.successor[old_id]
        self.waiting.appendleft(old_id)

    @property
    def is_complete(self) -> bool:
        return not self.waiting and not self.successor
