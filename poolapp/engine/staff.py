"""How workers come and go: up to the minimum, more under load, fewer afterwards, replaced one by one."""

from __future__ import annotations

from collections.abc import Iterable

from poolapp.engine.decisions import Conclude, Kill, Spawn, Stop, TakeBack, Widen
from poolapp.engine.dispatcher import Dispatcher
from poolapp.engine.errors import PoolDestroyed, PoolError, WorkerStartFailed
from poolapp.engine.node import NodeState, WorkerNode
from poolapp.engine.outcomes import WorkerExit
from poolapp.engine.restarting import WorkersRestart
from poolapp.engine.state import PoolState
from poolapp.engine.supervision import Supervisor

# The successor of a worker that may run a limited number of tasks is started when there are no more than so many left.
MOST_SPARE_TASKS = 16


class Staff:
    """Decides on the workers of one pool."""

    def __init__(self, state: PoolState, dispatcher: Dispatcher) -> None:
        self._state = state
        self._dispatcher = dispatcher
        self._supervisor = Supervisor(state, dispatcher)
        self._restarts: list[WorkersRestart] = []

    def review(self, now: float) -> None:
        """See to it that there are enough workers, after something has changed."""
        if not self._state.stopping:
            if self._state.options.restart_worker_on_error:
                self.ensure_minimum(now)
            while self.grow(now) and self._wanted_slot() is not None:
                pass

    def ensure_minimum(self, now: float) -> None:
        """Start workers until the minimum is there; does nothing when it is."""
        options, roster = self._state.options, self._state.roster
        missing = options.min_size - sum(not node.dynamic for node in roster.present())
        for slot in list(roster.free_slots(options.limit))[: max(0, missing)]:
            if self._supervisor.allows(slot, now):
                self._spawn(slot, dynamic=False, now=now)

    def grow(self, now: float) -> bool:
        """Start one more worker when tasks wait that those who are there, or start, will not take; whether it did."""
        state, roster = self._state, self._state.roster
        if not state.waiting or not state.grows or state.stopping or state.paused:
            return False
        if len(roster.nodes) >= state.options.limit:
            return False
        slot = self._wanted_slot()
        if slot is None:
            slot = self._useful_slot()
        if slot is None or not self._supervisor.allows(slot, now):
            return False
        permanent = sum(not node.dynamic for node in roster.present())
        self._spawn(slot, dynamic=permanent >= state.options.min_size, now=now)
        return True

    def resize(self, now: float) -> None:
        """Go by new sizes: the lowest slots are the permanent ones, and who is in a slot that is no more retires."""
        options, roster = self._state.options, self._state.roster
        permanent = sorted({node.slot for node in roster.present()})[: options.min_size]
        for node in roster.present():
            node.dynamic = node.slot not in permanent
            if node.slot >= options.limit:
                self.retire(node, now)
        self._state.recount()
        self.review(now)

    def adapt(self, node: WorkerNode) -> None:
        """Let a worker run as many tasks at once as the options say; it is wider once it has confirmed that."""
        wanted = self._state.options.queue.concurrency
        if wanted > node.wanted_width:
            node.wanted_width = wanted
            self._state.decisions.append(Widen(node, wanted))
        node.quota = min(node.width, wanted) if node.tasks_left > 0 else 0

    def welcome(self, node: WorkerNode, now: float) -> None:
        """A worker has started; where it is to run several tasks at once, it is to become that wide first."""
        if node.state is NodeState.STARTING:
            self.adapt(node)
            if node.width == node.wanted_width:
                self.admit(node, now)

    def admit(self, node: WorkerNode, now: float) -> None:
        """A worker may be given work from now on, and whom it replaces may go."""
        self._supervisor.admitted()
        node.started_at = node.idle_since = now
        # So that a strategy that goes by past times does not give it everything at once.
        node.usage.seed(other.usage for other in self._state.roster.eligible)
        self._state.roster.set_state(node, NodeState.READY)
        self._state.recount()
        for restart in self._restarts:
            old = self._state.roster.nodes.get(restart.predecessor_of(node.id) or 0)
            if old is not None and old.is_present:
                self.retire(old, now)
        self._advance_restarts(None, now)

    def bury(self, node: WorkerNode, exit: WorkerExit, *, had_begun: bool, now: float) -> None:
        """A worker is gone, which ran something or did not."""
        failure = self._supervisor.ended(node, exit, had_begun=had_begun, now=now)
        if failure is not None:
            self._fail_restarts(node, failure)
        elif not node.exit_is_expected:
            self._state.totals.restarts += 1
            self._state.deaths[node.slot] = self._state.deaths.get(node.slot, 0) + 1
        self._advance_restarts(node.id, now)
        self.review(now)

    def retire(self, node: WorkerNode, now: float) -> None:
        """Let a worker finish what it runs, move the rest elsewhere, then stop it."""
        self._leave(node)
        if node.runs_ahead:
            self._state.decisions.append(TakeBack(node))
        self._dispatcher.rehome(self._dispatcher.clear(node), now)
        self.stop_if_drained(node, now)

    def recycle(self, node: WorkerNode, now: float) -> None:
        """Replace a worker that has done, or has become, enough: the successor starts first if that is possible."""
        if not node.is_ready or self._state.stopping:
            return
        if not any(node.id in restart.waiting or node.id in restart.successor for restart in self._restarts):
            self._state.totals.recycled += 1
            self.restart([node.id], hard=False, now=now)
        if node.is_present and node.tasks_left <= 0:
            self.retire(node, now)
            self.review(now)

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
        self._supervisor.watch(node, now)
        deadline = self._deadline(node)
        if deadline is not None and now >= deadline:
            self.kill(node, node.killed_because or "did not start in time", now, expected=node.exit_is_expected)
        elif (reaping_time := self._reaping_time(node)) is not None and now >= reaping_time:
            if node.load:
                self.kill(node, 'killed after max_inactive_time, since kill_behavior is "hard"', now)
            else:
                self.retire(node, now)

    def next_time(self, node: WorkerNode, now: float) -> float | None:
        """When `watch` may have something to do about a node, as far as is known now."""
        due = self._deadline(node) or self._reaping_time(node)
        if due is None and node.dynamic and node.is_ready:
            return now + self._state.options.max_inactive_time  # it cannot have been idle for too long before that
        return due

    def next_start(self, now: float) -> float | None:
        """When a worker may be tried again where the last ones have not lasted."""
        return self._supervisor.next_time(now)

    # Restarts

    def restart(self, worker_ids: Iterable[int] | None, *, hard: bool, now: float) -> WorkersRestart:
        """Replace workers one after another, each drained first; `hard`: all at once, by killing them.

        Those that retire and still finish something can be killed too: it may be what hangs. Raises PoolError when an
        id is not that of a worker that can be restarted.
        """
        there = {node.id: node for node in self._state.roster if hard or node.is_present}
        if worker_ids is None:
            ids = sorted((id for id in there if there[id].ending_since is None), key=lambda id: there[id].slot)
        else:
            ids = list(dict.fromkeys(worker_ids))
        unknown = [id for id in ids if id not in there]
        if unknown:
            raise PoolError(f"no worker {unknown[0]!r} in the pool; there are {sorted(there)}")
        restart = WorkersRestart(ids)
        self._restarts.append(restart)
        if hard:
            while restart.waiting:
                self._begin_replacement(restart, now, also_retiring=True)
            for id in ids:
                self.kill(there[id], "killed by a hard restart", now)
        self._advance_restarts(None, now)
        return restart

    def _advance_restarts(self, gone: int | None, now: float) -> None:
        """Go on, after the worker `gone` has ended: one successor starts at a time.

        An old worker that does not come to an end holds up its own restart, but no other.
        """
        for restart in list(self._restarts):
            if gone is not None:
                self._note_exit(restart, gone)
            while restart.waiting and not restart.successor and not self._awaits_successor():
                self._begin_replacement(restart, now)
            if restart.is_complete:
                self._restarts.remove(restart)
                self._state.decisions.append(Conclude(restart))

    def _awaits_successor(self) -> bool:
        nodes = self._state.roster.nodes
        olds = (nodes.get(old) for restart in self._restarts for old in restart.successor)
        return any(old is not None and old.is_present for old in olds)

    def _note_exit(self, restart: WorkersRestart, gone: int) -> None:
        restart.gone(gone)
        old = self._state.roster.nodes.get(restart.predecessor_of(gone) or 0)
        if old is not None and old.is_present:  # the successor did not live to replace it
            restart.try_again(old.id)

    def _begin_replacement(self, restart: WorkersRestart, now: float, *, also_retiring: bool = False) -> None:
        old = self._state.roster.nodes.get(restart.waiting.popleft())
        if old is None or not (old.is_present or also_retiring):
            return  # its successor is there, or none is wanted
        newest = self._state.roster.in_slot(old.slot)
        if newest is old:
            newest = self._spawn(old.slot, dynamic=old.dynamic, now=now)
        if newest is None:
            return  # it retires, and nobody follows
        restart.successor[old.id] = newest.id
        if old.is_present and newest.is_ready:
            self.retire(old, now)

    # Helpers

    def _spawn(self, slot: int, *, dynamic: bool, now: float) -> WorkerNode:
        node = self._state.roster.add(slot, dynamic=dynamic, now=now)
        if (most := self._state.options.max_tasks_per_worker) is not None:
            # So that workers that have started together are not replaced together; without chance, to be repeatable.
            node.tasks_left = most - node.id * 7919 % (most // 10 + 1)
            node.replace_at = min(most // 10, MOST_SPARE_TASKS)
        self._state.decisions.append(Spawn(node))
        return node

    def _leave(self, node: WorkerNode) -> None:
        """Take a node out of those that may be given work."""
        self._state.roster.set_state(node, NodeState.RETIRING)
        self._state.recount()

    def _fail_restarts(self, node: WorkerNode, failure: WorkerStartFailed) -> None:
        """Tell those who wait for a worker that could not start."""
        for restart in [restart for restart in self._restarts if restart.predecessor_of(node.id) is not None]:
            self._restarts.remove(restart)
            self._state.decisions.append(Conclude(restart, failure))

    def _wanted_slot(self) -> int | None:
        """A slot without a worker to which tasks are bound that wait in vain."""
        roster, limit = self._state.roster, self._state.options.limit
        if not self._state.backlog:
            return None
        free = set(roster.free_slots(limit))
        starting = {node.slot for node in roster.present()}
        bound = self._state.backlog.bound_slots()
        wanted = [slot for slots in bound if not starting.intersection(slots) for slot in slots if slot in free]
        # Those that have failed to start come last, so that each is tried.
        return min(wanted, key=lambda slot: (self._supervisor.failures(slot), slot), default=None)

    def _useful_slot(self) -> int | None:
        """A slot without a worker in which one would find work that those who are starting will leave to it."""
        roster = self._state.roster
        if roster.starting() >= self._state.waiting:
            return None
        queues = [self._state.backlog, *(node.queue for node in roster)]
        free = roster.free_slots(self._state.options.limit)
        return next((slot for slot in free if any(queue.has_for(slot) for queue in queues)), None)

    def _deadline(self, node: WorkerNode) -> float | None:
        """When a worker that starts or ends must have done so."""
        if node.ending_since is not None:
            return node.ending_since + self._state.options.stop_timeout
        if node.state is NodeState.STARTING:
            return node.spawned_at + self._state.options.start_timeout
        return None

    def _reaping_time(self, node: WorkerNode) -> float | None:
        """When a worker beyond the minimum has been inactive for too long: without work, or "hard" without an end."""
        if not node.dynamic or not node.is_ready:
            return None
        if not node.load:
            return node.idle_since + self._state.options.max_inactive_time
        if self._state.options.kill_behavior == "hard" and node.batches:
            return node.batches[0].since + self._state.options.max_inactive_time
        return None
