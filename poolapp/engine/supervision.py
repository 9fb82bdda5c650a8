"""Whether workers last, as an OTP supervisor asks: with pauses for slots where they do not, and an end to vain hope.

Source of the idea: Erlang/OTP, "Supervisor Behaviour" (restart intensity). There the supervisor gives up when there are
too many restarts; here the pool goes on with what it has, says that it is degraded, and keeps trying more slowly.
"""

from __future__ import annotations

from collections.abc import Sequence

from poolapp.engine.backoff import Backoff
from poolapp.engine.dispatcher import Dispatcher
from poolapp.engine.errors import WorkerStartFailed
from poolapp.engine.node import NodeState, WorkerNode
from poolapp.engine.outcomes import WorkerExit
from poolapp.engine.state import PoolState

# As many failures in a row leave no hope for the tasks that wait; more when workers are killed from outside.
HOPELESS_FAILURES = 3
HOPELESS_KILLS = 10
# Who has lived for so long, or has answered a task, was of use.
STABLE_SECONDS = 10.0


class Supervisor:
    """Judges how workers end, and when a slot may have another one."""

    def __init__(self, state: PoolState, dispatcher: Dispatcher) -> None:
        self._state = state
        self._dispatcher = dispatcher
        self._backoff = Backoff()

    def allows(self, slot: int, now: float) -> bool:
        """Whether a worker may be started in a slot now."""
        return self._backoff.allows(slot, now)

    def failures(self, slot: int) -> int:
        """Failures in a row."""
        return self._backoff.failures(slot)

    def admitted(self) -> None:
        """A worker is ready, so there is hope."""
        self._state.hopeless = None

    def ended(self, node: WorkerNode, exit: WorkerExit, *, had_begun: bool, now: float) -> WorkerStartFailed | None:
        """A worker is gone; returns what to tell those who counted on it when it was of no use at all.

        had_begun: whether it ran something.
        """
        was_of_use = _was_of_use(node, now)
        if was_of_use:
            self._forgive(node.slot)
        if node.exit_is_expected or was_of_use:
            return None
        reason = node.killed_because or exit.reason
        failure = WorkerStartFailed(exit.error or f"{node.title}: {reason}")
        if node.started_at is not None:
            self._backoff.crashed(node.slot, now, by_task=had_begun)
        else:
            self._backoff.failed(node.slot, now)
            is_own_fault = not exit.by_force or node.killed_because is not None
            self._give_up_hope(node.slot, failure, HOPELESS_FAILURES if is_own_fault else HOPELESS_KILLS, now)
        if self._backoff.holds_back(node.slot) or self.failures(node.slot) >= HOPELESS_FAILURES:
            self._state.troubles.pop(node.slot, None)  # the latest is to be the last
            self._state.troubles[node.slot] = str(failure)
        return failure if node.started_at is None else None

    def watch(self, node: WorkerNode, now: float) -> None:
        """Forget the trouble with a slot once its worker has lasted."""
        if node.slot in self._state.troubles and _was_of_use(node, now):
            self._forgive(node.slot)

    def next_time(self, now: float) -> float | None:
        """When a worker may be started that may not be now, or a slot may be out of trouble."""
        suspects = [node for node in self._state.roster.eligible if node.slot in self._state.troubles]
        times = [node.started_at + STABLE_SECONDS for node in suspects if node.started_at is not None]
        if (pause_ends := self._backoff.next_time(now)) is not None:
            times.append(pause_ends)
        return min(times, default=None)

    def _forgive(self, slot: int) -> None:
        self._backoff.succeeded(slot)
        self._state.troubles.pop(slot, None)

    def _give_up_hope(self, slot: int, failure: WorkerStartFailed, patience: int, now: float) -> None:
        """Fail what waits in vain and, until there is a new attempt, what would."""
        if self.failures(slot) < patience:
            return
        self._dispatcher.fail_waiting(self._state.backlog.take_where(self._is_hopeless), failure)
        if self._is_hopeless(None):
            self._state.hopeless = failure, self._backoff.next_time(now) or now

    def _is_hopeless(self, slots: Sequence[int] | None) -> bool:
        """Whether no worker for tasks that may run in these slots (None: all) can be expected, one having failed."""
        if slots is not None:
            return all(self.failures(slot) >= HOPELESS_FAILURES for slot in slots)
        starting = (node.slot for node in self._state.roster if node.state is NodeState.STARTING)
        return not self._state.roster.eligible and all(self.failures(slot) >= HOPELESS_FAILURES for slot in starting)


def _was_of_use(node: WorkerNode, now: float) -> bool:
    return node.started_at is not None and (node.answered > 0 or now - node.started_at >= STABLE_SECONDS)
