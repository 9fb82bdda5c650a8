"""How tasks move: to a node's queue, into its worker's hands, back from there, and into the books."""

from __future__ import annotations

from collections.abc import Iterable

from poolapp.engine.decisions import Settle
from poolapp.engine.errors import PoolDestroyed, PoolError
from poolapp.engine.node import WorkerNode
from poolapp.engine.outcomes import Outcome
from poolapp.engine.state import PoolState
from poolapp.engine.stealing import steal
from poolapp.engine.strategies import STRATEGIES
from poolapp.engine.tasks import Task, TaskState

# Tasks are committed ahead of the running one only as long as they amount to about this much, in two batches.
BATCH_SECONDS = 0.001
BATCHES_AHEAD = 2
TASKS_IN_A_BATCH = 128
# A batch number may only come round again when the worker is known to have read every batch before it.
MAX_UNANSWERED_BATCHES = 200


class Dispatcher:
    """Moves the tasks of one pool."""

    def __init__(self, state: PoolState) -> None:
        self._state = state
        self._strategy = STRATEGIES[state.options.strategy]()
        self._stealing = state.options.queue.task_stealing
        self._batch_limit = TASKS_IN_A_BATCH if state.ahead else 1

    def place(self, task: Task, now: float) -> None:
        """Give a task to a node, or keep it until there is one."""
        eligible = self._state.roster.eligible
        if not eligible:
            self._keep(task)
            return
        node = task.node = self._strategy.choose(eligible)
        if not node.load and node.unanswered_batches < MAX_UNANSWERED_BATCHES:
            self._commit(node, [task], task.known.expected, now)
            return
        self._state.waiting += 1
        node.queue.push(task)
        if len(node.batches) < BATCHES_AHEAD:
            self.feed(node, now)
        if self._state.waiting and self._state.busy_nodes < len(eligible):
            self.employ_idle(now)

    def rehome(self, tasks: Iterable[Task], now: float) -> None:
        """Find other places for tasks that were waiting."""
        for task in tasks:
            self._state.waiting -= 1
            self.place(task, now)

    def feed(self, node: WorkerNode, now: float) -> None:
        """Commit what waits at a node, as far as its window allows."""
        queue, batches = node.queue, node.batches
        if not queue or not node.is_ready or node.unanswered_batches >= MAX_UNANSWERED_BATCHES:
            return
        if batches and not self._may_run_ahead(node):
            return
        tasks: list[Task] = []
        expected_time = 0.0
        while queue and len(tasks) < self._batch_limit:
            cost = queue.first().known.expected
            if (tasks or batches) and expected_time + cost > BATCH_SECONDS:
                break
            tasks.append(queue.pop())
            expected_time += cost
        if tasks:
            self._state.waiting -= len(tasks)
            self._commit(node, tasks, expected_time, now)

    def find_work(self, node: WorkerNode) -> None:
        """Let a ready node without work steal some."""
        if self._state.waiting and not node.queue and self._stealing and node.is_ready:
            steal(node, self._state.roster)

    def employ_idle(self, now: float) -> None:
        """Let every idle node find work."""
        for node in self._state.roster.eligible:
            if not node.committed:
                self.find_work(node)
                self.feed(node, now)

    def queue_again(self, node: WorkerNode, batch_numbers: Iterable[int]) -> None:
        """Put tasks that the worker will not begin, one of the batch for each number, back in front of its queue."""
        tasks = [node.take_back(number) for number in batch_numbers]
        tasks.sort(key=lambda task: task.number)
        for task in tasks:
            task.state = TaskState.QUEUED
        self._state.waiting += len(tasks)
        node.queue.push_front(tasks)

    def withdraw(self, task: Task) -> bool:
        """Forget a task that waits; False when it no longer does."""
        if task.state is not TaskState.QUEUED:
            return False
        queue = task.node.queue if task.node and task in task.node.queue else self._state.backlog
        queue.remove(task)
        self._state.waiting -= 1
        self._state.totals.cancelled += 1
        task.state = TaskState.CANCELLED
        return True

    def book(self, node: WorkerNode, task: Task, outcome: Outcome) -> None:
        """Enter an outcome into the books."""
        usage, totals, run_time = node.usage, self._state.totals, outcome.run_time
        task.started_at, task.run_time = outcome.started_at, run_time
        totals.busy_time += run_time
        task.known.learn(run_time)
        usage.wait_time.record(outcome.started_at - task.queued_at)
        if outcome.error is None:
            task.state = TaskState.EXECUTED
            totals.executed += 1
            usage.executed += 1
            usage.run_time.record(run_time)
        else:
            task.state = TaskState.FAILED
            totals.failed += 1
            usage.failed += 1

    def fail(self, task: Task, error: PoolError) -> None:
        """End a task that has no outcome."""
        task.state = TaskState.FAILED
        self._state.totals.failed += 1
        self._state.decisions.append(Settle(task, error))

    def fail_waiting(self, tasks: Iterable[Task], error: PoolError | None = None) -> None:
        """End tasks that were waiting; because the pool is destroyed unless another error is given."""
        for task in tasks:
            self._state.waiting -= 1
            self.fail(task, error or PoolDestroyed(f"the pool was destroyed before {task.name} could run"))

    def _commit(self, node: WorkerNode, tasks: list[Task], expected_time: float, now: float) -> None:
        for task in tasks:
            task.state = TaskState.COMMITTED
        self._state.busy_nodes += not node.committed
        self._state.decisions.append(node.commit(tasks, expected_time, now))

    def _keep(self, task: Task) -> None:
        """Keep a task that nobody can take now."""
        self._state.waiting += 1
        if self._state.stopping:
            self.fail_waiting([task])
        else:
            self._state.backlog.push(task)

    def _may_run_ahead(self, node: WorkerNode) -> bool:
        return (
            self._state.ahead and len(node.batches) < BATCHES_AHEAD and node.batches[0].expected_time <= BATCH_SECONDS
        )
