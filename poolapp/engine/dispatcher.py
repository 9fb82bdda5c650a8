"""How tasks move: to a node's queue, into its worker's hands, back from there, and into the books."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from poolapp.engine.ageing import Ageing
from poolapp.engine.decisions import Recycle, Settle, TakeBack
from poolapp.engine.errors import PoolDestroyed, PoolError, TaskAborted
from poolapp.engine.node import Batch, WorkerNode
from poolapp.engine.outcomes import Outcome
from poolapp.engine.state import PoolState
from poolapp.engine.statistics import Sample
from poolapp.engine.stealing import relieve, steal
from poolapp.engine.strategies import Strategy, make_strategy
from poolapp.engine.tasks import Task, TaskState

# Tasks are committed ahead of the running one only as long as they amount to about this much, in two batches.
BATCH_SECONDS = 0.001
BATCHES_AHEAD = 2
TASKS_IN_A_BATCH = 128
# A batch number may only come round again when the worker is known to have read every batch before it.
MAX_UNANSWERED_BATCHES = 200

# A task for which no worker can be had waits for the next attempt to start one if that is no more seconds away.
WAIT_IN_VAIN = 1.0


class Dispatcher:
    """Moves the tasks of one pool."""

    def __init__(self, state: PoolState) -> None:
        self._state = state
        self.ageing = Ageing(state.options.queue.aging_factor, state.options.queue.load_exponent)
        self.use_options()

    def use_options(self) -> None:
        """Go by the pool's options as they are now; strategies begin afresh."""
        options = self._state.options
        self._strategies: dict[str, Strategy] = {}
        self._strategy = self._strategy_called(options.strategy)
        self.use_queue_options()

    def use_queue_options(self) -> None:
        """Go by the pool's queue options as they are now."""
        options, queue = self._state.options, self._state.options.queue
        self.ageing.factor, self.ageing.exponent = queue.aging_factor, queue.load_exponent
        self._steals = queue.enabled and queue.task_stealing and queue.task_stealing_ratio > 0
        self._relieves = self._steals and queue.task_stealing_on_back_pressure
        self._threshold = options.queue_size if queue.enabled else None
        for node in self._state.roster:
            self._note_queue(node)

    # Placing

    def place(self, task: Task, now: float, *, is_new: bool = True) -> None:
        """Give a task to a node, or keep it until there is one; a new one is given its rank."""
        function, state, ageing = task.function, self._state, self.ageing
        nodes: Sequence[WorkerNode] = state.roster.eligible
        if is_new:
            if now >= ageing.due:
                ageing.advance(state.waiting / (len(nodes) or 1), now)
            task.rank = function.priority + ageing.points
        if function.workers is not None or state.paused:
            nodes = state.eligible_for(function.workers)
        if not nodes:
            self._keep(task, is_new, now)
            return
        strategy = self._strategy if function.strategy is None else self._strategy_called(function.strategy)
        node = task.node = strategy.choose(nodes, now)
        has_room = node.committed < node.quota and not node.queue.count
        if has_room and node.unanswered_batches < MAX_UNANSWERED_BATCHES:
            self._commit(node, [task], task.known.expected + task.freight, now)
            return
        self._enqueue(node, task, is_new, now)
        if state.waiting and state.busy_nodes < len(state.roster.eligible):
            self.employ_idle(now)

    def rehome(self, tasks: Iterable[Task], now: float) -> None:
        """Find other places for tasks that were waiting."""
        for task in tasks:
            self._state.waiting -= 1
            self.place(task, now, is_new=False)

    def feed(self, node: WorkerNode, now: float) -> None:
        """Commit what waits at a node, as far as its quota or its window allows."""
        if node.queue.count and node.is_ready and node.tasks_left > 0 and not self._state.paused:
            if self._state.ahead and node.width == node.wanted_width == 1:
                self._fill_window(node, now)
            else:
                self._fill_quota(node, now)
            self._note_queue(node)

    def employ(self, node: WorkerNode, now: float) -> None:
        """Commit what waits at a ready node and, as long as it has room, what waits elsewhere."""
        self.feed(node, now)
        while not node.is_full and self._find_work(node):
            self.feed(node, now)

    def employ_idle(self, now: float) -> None:
        """Let every node with room find work."""
        for node in self._state.roster.eligible:
            if not node.is_full:
                self.employ(node, now)

    def lend(self, node: WorkerNode, task: Task, now: float) -> Batch:
        """Commit a task that waits, wherever that is, to a node that runs it beside its other tasks."""
        self._take_out(task)
        task.node, task.state = node, TaskState.COMMITTED
        return node.lend(task, now)

    # Taking back

    def queue_again(self, node: WorkerNode, batch_numbers: Iterable[int], now: float) -> None:
        """Put tasks that the worker will not begin, one of the batch for each number, back in front of its queue."""
        tasks = sorted((node.take_back(number, now) for number in batch_numbers), key=lambda task: task.number)
        wanted = []
        for task in tasks:
            interruption, task.interruption = task.interruption, None
            if interruption is None or interruption.timed_out:  # its time has not begun
                task.state = TaskState.QUEUED
                wanted.append(task)
            else:
                self.fail(task, interruption.error())
        self._state.waiting += len(wanted)
        node.queue.push_front(wanted)
        self._note_queue(node)

    def clear(self, node: WorkerNode) -> list[Task]:
        """Take all tasks out of a node's queue."""
        tasks = node.queue.clear()
        self._note_queue(node)
        return tasks

    def withdraw(self, task: Task) -> bool:
        """Forget a task that waits; False when it no longer does."""
        if task.state is not TaskState.QUEUED:
            return False
        self._take_out(task)
        self._state.totals.cancelled += 1
        self._state.usage_of(task.known).cancelled += 1
        task.state = TaskState.CANCELLED
        return True

    # Booking

    def book(self, node: WorkerNode, task: Task, outcome: Outcome) -> None:
        """Enter an outcome into the books."""
        _, error, _, started_at, run_time, active_time, _ = outcome
        totals, known = self._state.totals, task.known
        task.started_at, task.run_time = started_at, run_time
        totals.busy_time += run_time
        known.learn(run_time)
        if error is None:
            task.state = TaskState.EXECUTED
            totals.executed += 1
            sample: Sample = started_at - task.queued_at, run_time, active_time
        else:
            task.state = TaskState.FAILED
            totals.failed += 1
            sample = started_at - task.queued_at, None, 0.0
        node.usage.record(sample)
        (known.usage or self._state.usage_of(known)).record(sample)

    def fail(self, task: Task, error: PoolError) -> None:
        """End a task that has no outcome."""
        task.state = TaskState.FAILED
        self._state.totals.failed += 1
        self._state.usage_of(task.known).count_failure()
        self._state.decisions.append(Settle(task, error))

    def fail_waiting(self, tasks: Iterable[Task], error: PoolError | None = None) -> None:
        """End tasks that were waiting; because the pool is destroyed unless another error is given."""
        for task in tasks:
            self._state.waiting -= 1
            self.fail(task, error or PoolDestroyed(f"the pool was destroyed before {task.name} could run"))

    def fail_waiting_task(self, task: Task, error: PoolError) -> None:
        """End one task, wherever it waits."""
        self._take_out(task)
        self.fail(task, error)

    def forget(self, node: WorkerNode) -> None:
        """A node is gone."""
        for strategy in self._strategies.values():
            strategy.forget(node)

    # Helpers

    def _strategy_called(self, name: str) -> Strategy:
        strategy = self._strategies.get(name)
        if strategy is None:
            strategy = self._strategies[name] = make_strategy(name, self._state.options.strategy_options)
        return strategy

    def _find_work(self, node: WorkerNode) -> bool:
        """Let a node without waiting tasks steal some; whether there were any."""
        if not self._state.waiting or node.queue.count or not self._steals or self._state.paused:
            return False
        victim = steal(node, self._state.roster)
        if victim is not None:
            self._note_theft(victim, node)
        return victim is not None

    def _enqueue(self, node: WorkerNode, task: Task, is_new: bool, now: float) -> None:
        was_pressed = node.is_pressed
        self._state.waiting += 1
        if is_new:
            node.queue.push(task)
        else:
            node.queue.insert(task)
        is_ahead = node.committed > node.width
        if is_ahead and task.function.priority < node.batches[-1].tasks[-1].function.priority:
            self._state.decisions.append(TakeBack(node))  # it goes before what was given away ahead of its time
        elif len(node.batches) < BATCHES_AHEAD:
            self.feed(node, now)
        if not was_pressed and self._threshold is not None and node.queue.count >= self._threshold:
            self._note_queue(node)
            if self._relieves and not self._state.is_pressed:
                self._relieve(node, now)

    def _relieve(self, node: WorkerNode, now: float) -> None:
        """Let others take over tasks from a queue that has just become too long."""
        options = self._state.options
        ratio = options.queue.task_stealing_ratio
        for thief in relieve(node, self._state.roster.eligible, options.queue_size, ratio):
            self._note_theft(node, thief)
            self.feed(thief, now)

    def _fill_quota(self, node: WorkerNode, now: float) -> None:
        while node.queue and not node.is_full and node.unanswered_batches < MAX_UNANSWERED_BATCHES:
            task = node.queue.pop()
            self._state.waiting -= 1
            self._commit(node, [task], task.known.expected + task.freight, now)

    def _fill_window(self, node: WorkerNode, now: float) -> None:
        queue, batches = node.queue, node.batches
        if node.unanswered_batches >= MAX_UNANSWERED_BATCHES or (batches and not self._may_run_ahead(node)):
            return
        first = queue.first()
        if batches and first.known.expected + first.freight > BATCH_SECONDS:
            return
        tasks, expected_time = queue.pop_some(min(TASKS_IN_A_BATCH, node.tasks_left), BATCH_SECONDS)
        self._state.waiting -= len(tasks)
        self._commit(node, tasks, expected_time, now)

    def _commit(self, node: WorkerNode, tasks: list[Task], expected_time: float, now: float) -> None:
        was_full = node.committed >= node.quota
        batch = node.commit(tasks, expected_time, now)
        for task in tasks:
            task.state = TaskState.COMMITTED
            if task.timeout is not None and (batch.timeout is None or task.timeout < batch.timeout):
                batch.timeout = task.timeout
        self._state.decisions.append(batch)
        if node.tasks_left <= node.replace_at:
            self._wear_out(node)
        if not was_full and node.committed >= node.quota:
            self._state.busy_nodes += 1

    def _wear_out(self, node: WorkerNode) -> None:
        """A worker may be given few more tasks, or none."""
        if node.tasks_left <= 0:
            node.quota = 0
        else:
            node.replace_at = 0
        self._state.decisions.append(Recycle(node))

    def _keep(self, task: Task, is_new: bool, now: float) -> None:
        """Keep a task that nobody can take now."""
        self._state.waiting += 1
        task.node = None
        if self._state.stopping:
            self.fail_waiting([task])
        elif self._state.has_no_slot_of(task.function.workers):
            text = f"{task.name} may only run in slots {task.function.workers}, which the pool no longer has"
            self.fail_waiting([task], TaskAborted(text))
        elif (hopeless := self._state.hopeless) and task.function.workers is None and hopeless[1] - now > WAIT_IN_VAIN:
            self.fail_waiting([task], hopeless[0])
        else:
            backlog = self._state.backlog
            backlog.push(task) if is_new else backlog.insert(task)

    def _take_out(self, task: Task) -> None:
        """Take a task out of the queue in which it waits."""
        assert task.queue is not None
        self._state.waiting -= 1
        task.queue.remove(task)
        if task.node is not None:
            self._note_queue(task.node)

    def _note_theft(self, victim: WorkerNode, thief: WorkerNode) -> None:
        self._note_queue(victim)
        self._note_queue(thief)

    def _note_queue(self, node: WorkerNode) -> None:
        """Note whether a node's queue is too long now, and that there may be less in it."""
        self._state.roster.eligible.eased(node)
        is_pressed = self._threshold is not None and node.queue.count >= self._threshold
        if is_pressed is node.is_pressed:
            return
        node.is_pressed = is_pressed
        if node.is_ready:
            self._state.pressed_nodes += 1 if is_pressed else -1
            self._state.pressure_moved = True

    def _may_run_ahead(self, node: WorkerNode) -> bool:
        return len(node.batches) < BATCHES_AHEAD and node.batches[0].expected_time <= BATCH_SECONDS
