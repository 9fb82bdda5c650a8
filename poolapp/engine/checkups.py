"""Looks after worker processes: whether they begin what they were given, how large they have become, and when they
have done enough."""

from __future__ import annotations

from poolapp.engine.decisions import Probe, Weigh
from poolapp.engine.node import Batch, WorkerNode
from poolapp.engine.staff import Staff
from poolapp.engine.state import PoolState

# A worker that has not begun a task in time is looked at once more after so many seconds, lest a machine that was
# asleep, or had too much to do, be taken for a frozen worker.
SECOND_LOOK = 1.0
# Sending takes so many times as long as it is thought to take, at the most.
PATIENCE_WITH_FREIGHT = 20.0
SECONDS_BETWEEN_WEIGHINGS = 1.0
# So many times max_worker_memory is too much to wait for the end of the task.
FAR_TOO_LARGE = 2


class Checkups:
    """Decides when to look at a worker, and what follows from it."""

    def __init__(self, state: PoolState, staff: Staff) -> None:
        self._state = state
        self._staff = staff
        self._submitted = 0  # tasks that had been submitted when it was last asked for the next time

    def watch(self, node: WorkerNode, now: float) -> None:
        """Have a worker looked at if it is time."""
        if (due := self._probing_time(node)) is not None and now >= due:
            self._state.decisions.append(Probe(node))
        if (due := self._weighing_time(node)) is not None and now >= due:
            node.weighed_at = now
            self._state.decisions.append(Weigh(node))

    def next_time(self, now: float) -> float | None:
        """When `watch` may have something to do; soon enough for tasks that are given out from now on."""
        times = [self._probing_time(node) for node in self._state.roster]
        times += [self._weighing_time(node) for node in self._state.roster.eligible]
        if self._state.can_freeze and self._submitted != self._state.totals.submitted:
            self._submitted = self._state.totals.submitted
            times.append(now + self._state.options.begin_timeout)
        return min((time for time in times if time is not None), default=None)

    def probed(self, node: WorkerNode, unbegun: int, now: float) -> None:
        """A worker was looked at: it has so many tasks in its hands that it has not begun."""
        if not node.batches or node.ending_since is not None:
            return
        batch = node.batches[0]
        if unbegun < node.committed:
            batch.known_to_begin = batch.done
        elif node.suspected_for != (batch, batch.done):
            node.suspected_for, node.suspected_at = (batch, batch.done), now
        else:
            task, seconds = batch.front.name, now - batch.since
            self._staff.kill(node, f"killed because it did not begin {task} in {seconds:.1f} s", now, expected=False)

    def weighed(self, node: WorkerNode, size: int | None, now: float) -> None:
        """A worker has so many bytes of memory."""
        node.memory, most = size, self._state.options.max_worker_memory
        if size is None or most is None or not node.is_ready:
            return
        if size > FAR_TOO_LARGE * most and node.committed:
            reason = f"killed because it had {_megabytes(size)}, more than twice the max_worker_memory of the pool"
            self._staff.kill(node, reason, now, expected=False)
        elif size > most and node.answered:
            self._staff.recycle(node, now)

    def _probing_time(self, node: WorkerNode) -> float | None:
        if not self._state.can_freeze or not node.batches or node.ending_since is not None:
            return None
        batch = node.batches[0]
        if batch.known_to_begin == batch.done:
            return None
        if node.suspected_for == (batch, batch.done):
            return node.suspected_at + SECOND_LOOK
        return batch.since + self._state.options.begin_timeout + PATIENCE_WITH_FREIGHT * _freight(node)

    def _weighing_time(self, node: WorkerNode) -> float | None:
        if self._state.options.max_worker_memory is None or not self._state.can_freeze or not node.is_ready:
            return None
        return node.weighed_at + SECONDS_BETWEEN_WEIGHINGS


def _freight(node: WorkerNode) -> float:
    """Seconds that it takes to send what is under way."""
    return sum(_batch_freight(batch) for batch in node.batches)


def _batch_freight(batch: Batch) -> float:
    return sum(task.freight for task in batch.tasks[batch.done :])


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
