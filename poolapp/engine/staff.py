"""How workers come and go: up to the minimum, more under load, fewer afterwards, replaced one by one."""

from __future__ import annotations

from collections.abc import Iterable

from poolapp.engine.backoff import Backoff
from poolapp.engine.decisions import Conclude, Kill, Spawn, Stop, TakeBack
from poolapp.engine.dispatcher import Dispatcher
from poolapp.engine.errors import PoolDestroyed, PoolError, WorkerStartFailed
from poolapp.engine.node import NodeState, WorkerNode
from poolapp.engine.restarting import WorkersRestart
from poolapp.engine.state import PoolState

# As many failures to start in a row leave no hope for the tasks that wait.
HOPELESS_FAILURES = 3


class Staff:
    """Decides on the workers of one pool."""

    def __init__(self, state: PoolState, dispatcher: Dispatcher) -> None:
        self._state = state
        self._dispatcher = dispatcher
        self._backoff = Backoff()
        self._restarts: list[WorkersRestart] = []
        # Without replacement of its own accord, a worker comes back when there is work for it.
        self.grows = state.options.dynamic or not state.options.restart_worker_on_error

    def review(self, now: float) -> None:
        """See to it that there are enough workers, after something has changed."""
        if not self._state.stopping:
            if self._state.options.restart_worker_on_error:
                self.ensure_minimum(now)
            self.grow(now)

    def ensure_minimum(self, now: float) -> None:
        """Start workers until the minimum is there; does nothing when it is."""
        options, roster = self._state.options, self._state.roster
        missing = options.min_size - sum(not node.dynamic for node in roster.present())
        for slot in list(roster.free_slots(options.limit))[: max(0, missing)]:
            if self._backoff.allows(slot, now):
                self._spawn(slot, dynamic=False, now=now)

    def grow(self, now: float) -> bool:
        """Start one more worker when tasks wait that the starting ones will not take; whether it did."""
        state, roster = self._state, self._state.roster
        if not state.waiting or not self.grows or state.stopping or len(roster.nodes) >= state.options.limit:
            return False
        slot = next(roster.free_slots(state.options.limit), None)
        if slot is None or roster.starting() >= state.waiting or not self._backoff.allows(slot, now):
            return False
        permanent = sum(not node.dynamic for node in roster.present())
        self._spawn(slot, dynamic=permanent >= state.options.min_size, now=now)
        return True

    def welcome(self, node: WorkerNode, now: float) -> None:
        """A worker is ready: it may be given work, and whom it replaces may go."""
        self._backoff.succeeded(node.slot)
        if node.state is not NodeState.STARTING:
            return
        self._state.roster.set_state(node, NodeState.READY)
        for restart in self._restarts:
            old = self._state.roster.nodes.get(restart.predecessor_of(node.id) or 0)
            if old is not None and old.is_present:
                self.retire(old, now)

    def bury(self, node: WorkerNode, failure: WorkerStartFailed | None, now: float) -> None:
        """A worker is gone; with a `failure` when it ended, unexpectedly, before it was ready."""
        if failure is not None:
            self._backoff.failed(node.slot, now)
            self._give_up_hope(node, failure)
        elif not node.exit_is_expected:
            self._state.totals.restarts += 1
            self._state.deaths[node.slot] = self._state.deaths.get(node.slot, 0) + 1
        self._advance_restarts(node.id, now)
        self.review(now)

    def retire(self, node: WorkerNode, now: float) -> None:
        """Let a worker finish what it runs, move the rest elsewhere, then stop it."""
        self._leave(node)
        if node.committed > 1:
            self._state.decisions.append(TakeBack(node))
        self._dispatcher.rehome(node.queue.clear(), now)
        self.stop_if_drained(node, now)

    def stop_if_drained(self, node: WorkerNode, now: float) -> None:
        """Stop a retiring worker once it has nothing left to do."""
        if not node.committed and node.ending_since is None:
            node.ending_since = now
            node.exit_is_expected = True
            node.killed_because = "retired"
            self._state.decisions.append(Stop(node))

    def kill(self, node: WorkerNode, reason: str, now: float, *, expected: bool = True) -> None:
        """End a worker whatever it does; its queue waits for the exit."""
        if node.is_present:
            self._leave(node)
        node.ending_since = now
        node.exit_is_expected = expected
        node.killed_because = reason
        self._state.decisions.append(Kill(node))

    def dismiss_all(self, now: float) -> None:
        """End every worker: let those that are idle stop, kill the others."""
        for node in list(self._state.roster):
            if node.committed or node.state is NodeState.STARTING:
                self.kill(node, "killed because the pool was destroyed", now)
            else:
                self.retire(node, now)
        for restart in self._restarts:
            self._state.decisions.append(Conclude(restart, PoolDestroyed("the pool was destroyed")))
        self._restarts.clear()

    # Time

    def watch(self, node: WorkerNode, now: float) -> None:
        """Kill a worker that has not started or ended in time, retire one that was idle for long enough."""
        deadline = self._deadline(node)
        if deadline is not None and now >= deadline:
            self.kill(node, node.killed_because or "did not start in time", now, expected=node.exit_is_expected)
        elif (reaping_time := self._reaping_time(node)) is not None and now >= reaping_time:
            self.retire(node, now)

    def next_time(self, node: WorkerNode, now: float) -> float | None:
        """When `watch` may have something to do about a node, as far as is known now."""
        if node.dynamic and node.is_ready and node.load:
            return now + self._state.options.max_inactive_time  # it cannot have been idle for too long before that
        return self._deadline(node) or self._reaping_time(node)

    def next_start(self, now: float) -> float | None:
        """When a worker that failed to start may be tried again."""
        return self._backoff.next_time(now)

    # Restarts

    def restart(self, worker_ids: Iterable[int] | None, *, hard: bool, now: float) -> WorkersRestart:
        """Replace workers one after another, each drained first; `hard`: all at once, by killing them.

        Raises PoolError when an id is not that of a worker that is present.
        """
        present = {node.id: node for node in self._state.roster.present()}
        ids = (
            sorted(present, key=lambda id: present[id].slot) if worker_ids is None else list(dict.fromkeys(worker_ids))
        )
        unknown = [id for id in ids if id not in present]
        if unknown:
            raise PoolError(f"no worker {unknown[0]!r} in the pool; there are {sorted(present)}")
        restart = WorkersRestart(ids)
        self._restarts.append(restart)
        if hard:
            while restart.waiting:
                self._begin_replacement(restart, now)
            for id in ids:
                self.kill(present[id], "killed by a hard restart", now)
        self._advance_restarts(None, now)
        return restart

    def _advance_restarts(self, gone: int | None, now: float) -> None:
        """Go on with the first restart, after the worker `gone` has ended."""
        for restart in list(self._restarts):
            if gone is not None:
                self._note_exit(restart, gone)
            if restart is self._restarts[0]:
                while restart.waiting and not restart.successor:
                    self._begin_replacement(restart, now)
            if restart.is_complete:
                self._restarts.remove(restart)
                self._state.decisions.append(Conclude(restart))

    def _note_exit(self, restart: WorkersRestart, gone: int) -> None:
        restart.gone(gone)
        old = self._state.roster.nodes.get(restart.predecessor_of(gone) or 0)
        if old is not None and old.is_present:  # the successor did not live to replace it
            restart.try_again(old.id)

    def _begin_replacement(self, restart: WorkersRestart, now: float) -> None:
        old = self._state.roster.nodes.get(restart.waiting.popleft())
        if old is None or not old.is_present:
            return
        newest = self._state.roster.in_slot(old.slot)
        if newest is None or newest is old:
            newest = self._spawn(old.slot, dynamic=old.dynamic, now=now)
        restart.successor[old.id] = newest.id
        if newest.is_ready:
            self.retire(old, now)

    # Helpers

    def _spawn(self, slot: int, *, dynamic: bool, now: float) -> WorkerNode:
        node = self._state.roster.add(slot, dynamic=dynamic, now=now)
        self._state.decisions.append(Spawn(node))
        return node

    def _leave(self, node: WorkerNode) -> None:
        """Take a node out of those that may be given work."""
        self._state.roster.set_state(node, NodeState.RETIRING)
        self._state.recount_busy()

    def _give_up_hope(self, node: WorkerNode, failure: WorkerStartFailed) -> None:
        """Tell those who wait for a worker that cannot start."""
        for restart in [restart for restart in self._restarts if restart.predecessor_of(node.id) is not None]:
            self._restarts.remove(restart)
            self._state.decisions.append(Conclude(restart, failure))
        if not self._state.roster.eligible and self._backoff.failures(node.slot) >= HOPELESS_FAILURES:
            self._dispatcher.fail_waiting(self._state.backlog.clear(), failure)

    def _deadline(self, node: WorkerNode) -> float | None:
        """When a worker that starts or ends must have done so."""
        if node.ending_since is not None:
            return node.ending_since + self._state.options.stop_timeout
        if node.state is NodeState.STARTING:
            return node.spawned_at + self._state.options.start_timeout
        return None

    def _reaping_time(self, node: WorkerNode) -> float | None:
        """When a worker beyond the minimum has been idle for too long, if it is idle."""
        if node.dynamic and node.is_ready and not node.load:
            return node.idle_since + self._state.options.max_inactive_time
        return None
