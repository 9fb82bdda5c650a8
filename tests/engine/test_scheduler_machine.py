"""The scheduler among workers that keep to the rules, in every order of events that hypothesis can think of."""

from __future__ import annotations

import json
import math
from collections import Counter, deque
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from poolapp.engine.decisions import Conclude, Decision, Kill, Settle, Spawn, Stop, TakeBack, Tell
from poolapp.engine.dispatcher import MAX_UNANSWERED_BATCHES
from poolapp.engine.errors import TaskAborted, WorkerLost
from poolapp.engine.node import Batch, NodeState, WorkerNode
from poolapp.engine.options import PoolOptions
from poolapp.engine.outcomes import Outcome, WorkerExit
from poolapp.engine.restarting import WorkersRestart
from poolapp.engine.scheduler import Scheduler
from poolapp.engine.snapshot import snapshot
from poolapp.engine.tasks import KnownFunction, Task, TaskFunction, TaskState

TINY, LONG = 0.000_01, 0.01
ENOUGH = 3000  # steps after which everything must have come to an end


@dataclass(eq=False)
class ModelWorker:
    """A worker that honours its tickets: it takes one before it begins a task, and says when there is none."""

    node: WorkerNode
    is_ready: bool = False
    told_to_stop: bool = False
    killed: bool = False
    messages: deque[tuple[int, list[Task]]] = field(default_factory=deque)
    tickets: deque[int] = field(default_factory=deque)
    ahead: int | None = None
    current: tuple[int, deque[Task]] | None = None
    running: Task | None = None
    said: list[Task | int] = field(default_factory=list)  # answered tasks, and numbers of batches skipped

    def receive(self, batch: Batch) -> None:
        assert self.is_ready, "tasks go to workers that are ready only"
        self.tickets.extend([batch.number] * len(batch.tasks))
        self.messages.append((batch.number, list(batch.tasks)))

    def take_back(self) -> list[int]:
        numbers = list(self.tickets)
        self.tickets.clear()
        return numbers

    def step(self) -> Task | None:
        """Finish the running task, or begin the next one, which is returned, or read the next message."""
        if self.running is not None:
            self.said.append(self.running)
            self.running = None
        elif self.current is not None:
            return self._begin()
        elif self.messages:
            number, tasks = self.messages.popleft()
            self.current = number, deque(tasks)
        return None

    def _begin(self) -> Task | None:
        assert self.current is not None
        number, tasks = self.current
        if not tasks:
            self.current = None
            return None
        if not self._may_begin(number):
            self.said.append(number)
            self.current = None
            return None
        self.running = tasks.popleft()
        return self.running

    def _may_begin(self, number: int) -> bool:
        ticket = self.ahead
        if ticket is None:
            if not self.tickets:
                return False
            ticket = self.tickets.popleft()
        self.ahead = None if ticket == number else ticket
        return ticket == number

    def begun(self) -> set[Task]:
        """What runs, and that for which a ticket was taken ahead of its message."""
        messages = [*self.messages, *([self.current] if self.current else [])]
        ahead = [tasks[0] for number, tasks in messages if number == self.ahead]
        return {task for task in (self.running, *ahead) if task}

    @property
    def has_work(self) -> bool:
        return self.running is not None or self.current is not None or bool(self.messages)


class SchedulerMachine(RuleBasedStateMachine):
    """Carries decisions out as the pool does: batches at once, the rest in order, some time later."""

    @initialize(
        minimum=st.integers(0, 3),
        more=st.integers(0, 2),
        strategy=st.sampled_from(["least_used", "round_robin"]),
        stealing=st.booleans(),
        restart=st.booleans(),
        ahead=st.booleans(),
    )
    def open(self, minimum: int, more: int, strategy: str, stealing: bool, restart: bool, ahead: bool) -> None:
        self.options = PoolOptions(
            worker="inline",
            min_size=minimum,
            max_size=max(1, minimum + more),
            strategy=strategy,
            queue={"task_stealing": stealing},
            restart_worker_on_error=restart,
            max_inactive_time=1.0,
            start_timeout=5.0,
            stop_timeout=0.5,
        )
        self.now = 0.0
        self.scheduler = Scheduler(self.options, ahead=ahead)
        self.workers: dict[int, ModelWorker] = {}
        self.agenda: deque[Decision] = deque()
        self.tasks: list[Task] = []
        self.begun: Counter[Task] = Counter()
        self.settled: dict[Task, str] = {}
        self.restarts: dict[WorkersRestart, list[BaseException | None]] = {}
        self.events: list[str] = []
        self.stopped = False
        self.kinds = [self.kind(expected) for expected in (math.inf, TINY, TINY * 40, LONG)]
        self.scheduler.start(self.now)
        self.hand_out()

    @staticmethod
    def kind(expected: float) -> KnownFunction:
        known = KnownFunction(TaskFunction(print, f"expected {expected}"))
        known.expected = expected
        return known

    # What callers do

    @rule(kinds=st.lists(st.integers(0, 3), min_size=1, max_size=6))
    def submit(self, kinds: list[int]) -> None:
        if self.stopped:
            return  # the pool refuses tasks then
        for kind in kinds:
            task = Task(self.kinds[kind], (), {}, self.now)
            self.tasks.append(task)
            self.scheduler.submit(task, self.now)
            self.hand_out()

    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        open_tasks = [task for task in self.tasks if task.state in (TaskState.QUEUED, TaskState.COMMITTED)]
        if not open_tasks:
            return
        task = data.draw(st.sampled_from(open_tasks), label="task")
        withdrawn = self.scheduler.withdraw(task)
        if not withdrawn and task.state is TaskState.COMMITTED:
            assert task.node is not None
            worker = self.workers[task.node.id]
            withdrawn = self.scheduler.taken_back(task.node, worker.take_back(), self.now, withdraw=task)
            assert withdrawn or self.begun[task] or worker.ahead is not None, "it has not begun"
        assert not (withdrawn and self.begun[task]), "it has begun"
        if withdrawn:
            self.settle(task, "cancelled")
        self.hand_out()

    @rule(data=st.data())
    def abort(self, data: st.DataObject) -> None:
        running = [worker.running for worker in self.workers.values() if worker.running and not worker.said]
        if not running:
            return
        task = data.draw(st.sampled_from(running), label="task")
        assert task is not None
        assert self.scheduler.abort(task, "aborted", self.now)
        self.hand_out()

    @rule(hard=st.booleans(), data=st.data())
    def restart(self, hard: bool, data: st.DataObject) -> None:
        present = [node.id for node in self.scheduler.state.roster.present()]
        if self.stopped or not present:
            return
        ids = data.draw(st.none() | st.lists(st.sampled_from(present), unique=True), label="workers")
        restart = self.scheduler.restart(ids, hard=hard, now=self.now)
        self.restarts.setdefault(restart, [])
        self.hand_out()

    @precondition(lambda self: self.tasks and not self.stopped)
    @rule(really=st.integers(0, 9))
    def stop(self, really: int) -> None:
        if really:
            return
        self.stopped = True
        self.scheduler.stop(self.now)
        self.hand_out()

    # What workers do

    @rule(data=st.data())
    def become_ready(self, data: st.DataObject) -> None:
        if worker := self.draw_worker(data, lambda worker: not worker.is_ready and not worker.killed):
            self.welcome(worker)

    @rule(data=st.data(), steps=st.integers(1, 6))
    def work(self, data: st.DataObject, steps: int) -> None:
        if worker := self.draw_worker(data, lambda worker: worker.is_ready and worker.has_work and not worker.killed):
            for _ in range(steps):
                self.step(worker)

    @rule(data=st.data())
    def hear(self, data: st.DataObject) -> None:
        if worker := self.draw_worker(data, lambda worker: worker.said):
            self.listen(worker)

    @rule(data=st.data())
    def die(self, data: st.DataObject) -> None:
        """Any worker may die at any time, also those that are killed, or told to stop, or starting."""
        if worker := self.draw_worker(data, lambda worker: True):
            self.bury(worker, "killed by SIGKILL")

    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        can_end = lambda worker: worker.told_to_stop and not worker.has_work  # noqa: E731
        if worker := self.draw_worker(data, can_end):
            self.bury(worker, "ended with exit code 0")

    # What time does

    @rule(seconds=st.sampled_from([0.0, 0.002, 0.005, 0.1, 0.5, 1.0, 5.0, 60.0]))
    def tick(self, seconds: float) -> None:
        self.now += seconds
        self.scheduler.tick(self.now)
        self.hand_out()

    @rule(count=st.integers(1, 4))
    def carry_out(self, count: int) -> None:
        for _ in range(min(count, len(self.agenda))):
            self.carry_out_next()

    # What must always be true

    @invariant()
    def all_is_well(self) -> None:
        self.the_books_balance()
        self.what_waits_is_counted()
        self.busy_workers_are_counted()
        self.what_is_committed_is_with_its_worker()
        self.nobody_is_idle_while_tasks_wait()
        self.nobody_in_the_backlog_while_there_is_a_worker()
        self.edges_alternate()
        self.the_last_edge_is_true()
        self.there_are_never_too_many_present()

    def the_books_balance(self) -> None:
        state = self.scheduler.state
        shown = snapshot(state, self.now, 0.0, 0.0)
        ended = shown["executed_tasks"] + shown["failed_tasks"] + shown["cancelled_tasks"]
        assert shown["submitted_tasks"] == len(self.tasks)
        assert shown["submitted_tasks"] == ended + shown["executing_tasks"] + shown["queued_tasks"]
        json.dumps(shown)

    def what_waits_is_counted(self) -> None:
        state = self.scheduler.state
        queues = [state.backlog, *(node.queue for node in state.roster)]
        assert state.waiting == sum(map(len, queues))
        assert all(task.state is TaskState.QUEUED for queue in queues for task in queue)
        waiting = [task for queue in queues for task in queue]
        assert len(waiting) == len(set(waiting))

    def busy_workers_are_counted(self) -> None:
        state = self.scheduler.state
        assert state.busy_nodes == sum(bool(node.committed) for node in state.roster if node.is_ready)

    def what_is_committed_is_with_its_worker(self) -> None:
        for node in self.scheduler.state.roster:
            tasks = [task for batch in node.batches for task in batch.tasks[batch.done :]]
            assert len(tasks) == node.committed
            assert all(task.state is TaskState.COMMITTED and task.node is node for task in tasks)

    def nobody_is_idle_while_tasks_wait(self) -> None:
        state = self.scheduler.state
        for node in state.roster.eligible:
            if not node.committed and node.unanswered_batches < MAX_UNANSWERED_BATCHES:
                assert not node.queue, "it does not even run what waits for itself"
                assert not state.backlog
                assert not (self.options.queue.task_stealing and state.waiting)

    def nobody_in_the_backlog_while_there_is_a_worker(self) -> None:
        assert not (self.scheduler.state.backlog and self.scheduler.state.roster.eligible)

    def edges_alternate(self) -> None:
        assert self.events.count("ready") <= 1
        for begin, end in (("busy", "busy_end"), ("full", "full_end")):
            told = [event for event in self.events if event in (begin, end)]
            assert told == [begin, end] * (len(told) // 2) + [begin] * (len(told) % 2)

    def the_last_edge_is_true(self) -> None:
        """As soon as everything is carried out."""
        state = self.scheduler.state
        if self.agenda:
            return
        assert self.last_told("busy") == (state.busy_nodes >= self.options.limit)
        assert self.last_told("full") == (self.options.dynamic and len(state.roster.present()) >= self.options.limit)

    def there_are_never_too_many_present(self) -> None:
        """In every slot one worker, and during a restart its successors."""
        present = self.scheduler.state.roster.present()
        assert len({node.slot for node in present}) <= self.options.limit
        assert all(0 <= node.slot < self.options.limit for node in present)

    def teardown(self) -> None:
        """When everybody does what is left to be done, everything comes to its end."""
        if not hasattr(self, "scheduler"):
            return
        for _ in range(ENOUGH):
            if not self.move_on():
                break
        assert set(self.settled) == set(self.tasks), "a task is still open"
        assert all(len(ends) == 1 for ends in self.restarts.values()), "a restart is still in progress"
        assert all(count == 1 for count in self.begun.values()), "a task has run twice"
        self.nobody_is_missing()

    def move_on(self) -> bool:
        """Do everything that can be done now, and let time pass; whether anything was left to do."""
        moved = bool(self.agenda)
        while self.agenda:
            self.carry_out_next()
        for worker in list(self.workers.values()):
            if worker.killed or (worker.told_to_stop and not worker.has_work and not worker.said):
                self.bury(worker, "ended")
                moved = True
            elif not worker.is_ready:
                self.welcome(worker)
                moved = True
            elif worker.has_work or worker.said:
                self.step(worker)
                self.listen(worker)
                moved = True
        next_tick = self.scheduler.next_tick(self.now)
        if not moved and next_tick is None:
            return False
        self.now = max(self.now + 0.001, next_tick or 0.0)
        self.scheduler.tick(self.now)
        self.hand_out()
        return True

    def nobody_is_missing(self) -> None:
        roster = self.scheduler.state.roster
        if self.stopped:
            assert not roster.nodes
        elif self.options.restart_worker_on_error:
            assert len(roster.eligible) >= self.options.min_size
            assert sorted({node.slot for node in roster}) == sorted(node.slot for node in roster)
        assert not self.scheduler.state.waiting

    # Helpers

    def draw_worker(self, data: st.DataObject, which: object) -> ModelWorker | None:
        candidates = [worker for worker in self.workers.values() if which(worker)]  # type: ignore[operator]
        return data.draw(st.sampled_from(candidates), label="worker") if candidates else None

    def welcome(self, worker: ModelWorker) -> None:
        worker.is_ready = True
        self.scheduler.worker_ready(worker.node, 1000 + worker.node.id, self.now)
        self.hand_out()

    def step(self, worker: ModelWorker) -> None:
        if task := worker.step():
            self.begun[task] += 1
            assert self.begun[task] == 1, "a task begins once"
            assert task not in self.settled, "a task that was settled begins"

    def listen(self, worker: ModelWorker) -> None:
        """Pass on what the worker has said: answers together, as they come in one read."""
        answered: list[Task] = []
        for word in [*worker.said, None]:
            if isinstance(word, Task):
                answered.append(word)
                continue
            if answered:
                outcomes = [Outcome(None, None, "", self.now, TINY)] * len(answered)
                assert self.scheduler.finished(worker.node, outcomes, self.now) == answered
                for task in answered:
                    self.settle(task, "executed")
                answered = []
                self.hand_out()
            if word is not None:
                self.scheduler.skipped(worker.node, word, self.now)
                self.hand_out()
        worker.said.clear()

    def bury(self, worker: ModelWorker, reason: str) -> None:
        self.listen(worker)
        if worker.node.id not in self.workers:
            return
        begun = worker.begun()
        del self.workers[worker.node.id]
        self.scheduler.exited(worker.node, WorkerExit(reason), worker.take_back(), self.now)
        lost = {
            decision.task
            for decision in self.scheduler.state.decisions
            if isinstance(decision, Settle) and isinstance(decision.error, WorkerLost | TaskAborted)
        }
        assert lost <= begun, "only what had begun is lost"
        self.hand_out()

    def hand_out(self) -> None:
        for decision in self.scheduler.take_decisions():
            if isinstance(decision, Batch):
                self.workers[decision.node.id].receive(decision)
            elif isinstance(decision, Spawn):
                # A worker that was asked for may die or be killed from then on.
                self.workers[decision.node.id] = ModelWorker(decision.node)
            else:
                self.agenda.append(decision)

    def carry_out_next(self) -> None:
        match self.agenda.popleft():
            case Stop(node) if worker := self.workers.get(node.id):
                worker.told_to_stop = True
            case Kill(node) if worker := self.workers.get(node.id):
                worker.killed = True
            case TakeBack(node) if node.state is not NodeState.GONE:
                self.scheduler.taken_back(node, self.workers[node.id].take_back(), self.now)
                self.hand_out()
            case Settle(task, error):
                self.settle(task, type(error).__name__)
            case Tell(event):
                self.events.append(event)
            case Conclude(restart, error):
                self.restarts.setdefault(restart, []).append(error)
                assert len(self.restarts[restart]) == 1, "a restart ends once"

    def settle(self, task: Task, how: str) -> None:
        assert task not in self.settled, f"{task} is settled as {how}, and was {self.settled.get(task)}"
        self.settled[task] = how

    def last_told(self, begin: str) -> bool:
        told = [event for event in self.events if event in (begin, f"{begin}_end")]
        return bool(told) and told[-1] == begin


TestScheduler = SchedulerMachine.TestCase
TestScheduler.settings = settings(settings.default, max_examples=100, stateful_step_count=50)
