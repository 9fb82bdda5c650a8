"""The scheduler among workers that keep to the rules, in every order of events that hypothesis can think of."""

from __future__ import annotations

import json
import math
import os
from collections import Counter, deque
from operator import attrgetter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from poolapp.engine.decisions import (
    Conclude,
    Decision,
    GiveUp,
    Interrupt,
    Kill,
    Settle,
    Spawn,
    Stop,
    TakeBack,
    Tell,
    Widen,
)
from poolapp.engine.dispatcher import MAX_UNANSWERED_BATCHES
from poolapp.engine.errors import InvalidOption, QueueFull, TaskAborted, TaskTimeout, WorkerLost
from poolapp.engine.node import Batch, NodeState, WorkerNode
from poolapp.engine.options import PoolOptions
from poolapp.engine.outcomes import Outcome, WorkerExit
from poolapp.engine.queues import may_run
from poolapp.engine.restarting import WorkersRestart
from poolapp.engine.scheduler import Scheduler
from poolapp.engine.snapshot import snapshot, tasks_by_name
from poolapp.engine.statistics import worked_out
from poolapp.engine.strategies import STRATEGIES
from poolapp.engine.tasks import KnownFunction, Task, TaskFunction, TaskState
from tests.engine.model_worker import ModelWorker

TINY, LONG = 0.000_01, 0.01
ENOUGH = 3000  # steps after which everything must have come to an end
EXAMPLES = int(os.environ.get("POOLAPP_MACHINE_EXAMPLES", "2000"))

KINDS = [
    {"expected": math.inf},
    {"expected": TINY},
    {"expected": TINY * 40, "priority": -5},
    {"expected": LONG, "priority": 10},
    {"expected": TINY, "workers": [0]},
    {"expected": math.inf, "workers": [2, 3], "priority": -20},
    {"expected": TINY, "strategy": "fair_share"},
    {"expected": LONG, "strategy": "weighted_round_robin", "timeout": 0.5},
    {"expected": TINY, "timeout": 0.1, "habit": "hangs"},
    {"expected": TINY, "timeout": 0.1, "habit": "hangs for good"},
]


class SchedulerMachine(RuleBasedStateMachine):
    """Carries decisions out as the pool does: batches at once, the rest in order, some time later."""

    @initialize(
        minimum=st.integers(0, 3),
        more=st.integers(0, 2),
        strategy=st.sampled_from(list(STRATEGIES)),
        queue=st.fixed_dictionaries(
            {
                "enabled": st.sampled_from([True, True, True, False]),
                "task_stealing": st.booleans(),
                "task_stealing_on_back_pressure": st.booleans(),
                "concurrency": st.sampled_from([1, 1, 1, 2, 3]),
                "size": st.sampled_from([None, 1, 2, 3]),
                "limit": st.sampled_from([None, None, None, 4]),
            }
        ),
        restart=st.booleans(),
        ahead=st.booleans(),
        kill_behavior=st.sampled_from(["soft", "hard"]),
    )
    def open(  # type: ignore[no-untyped-def]
        self, minimum: int, more: int, strategy: str, queue, restart: bool, ahead: bool, kill_behavior: str
    ) -> None:
        options = PoolOptions(
            worker="inline",
            min_size=minimum,
            max_size=max(1, minimum + more),
            strategy=strategy,
            queue=queue,
            restart_worker_on_error=restart,
            kill_behavior=kill_behavior,
            max_inactive_time=1.0,
            start_timeout=5.0,
            stop_timeout=0.5,
            abort_timeout=0.25,
        )
        self.now = 0.0
        self.scheduler = Scheduler(options, ahead=ahead)
        self.workers: dict[int, ModelWorker] = {}
        self.agenda: deque[Decision] = deque()
        self.tasks: list[Task] = []
        self.begun: Counter[Task] = Counter()
        self.settled: dict[Task, str] = {}
        self.restarts: dict[WorkersRestart, list[BaseException | None]] = {}
        self.events: list[str] = []
        self.stopped = False
        self.most_at_once = options.queue.concurrency
        self.kinds = [self.kind(**kind) for kind in KINDS]
        self.scheduler.start(self.now)
        self.hand_out()

    @staticmethod
    def kind(expected: float, habit: str = "ends", **options: object) -> KnownFunction:
        known = KnownFunction(TaskFunction(print, f"{options} {habit}", **options))  # type: ignore[arg-type]
        known.expected = expected
        return known

    @property
    def options(self) -> PoolOptions:
        return self.scheduler.state.options

    # What callers do

    @rule(kinds=st.lists(st.integers(0, len(KINDS) - 1), min_size=1, max_size=6))
    def submit(self, kinds: list[int]) -> None:
        if self.stopped:
            return  # the pool refuses tasks then
        for kind in kinds:
            task = Task(self.kinds[kind], (), {}, self.now)
            is_draining = self.scheduler.state.draining
            try:
                self.scheduler.check(task)
                assert not is_draining, "it takes tasks that it must not take"
            except (QueueFull, InvalidOption):
                self.hand_out()
                continue
            self.tasks.append(task)
            self.scheduler.submit(task, self.now)
            self.hand_out()

    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        task = self.draw_open_task(data)
        if task is None:
            return
        node, worker = self.recover(task)
        withdrawn = self.scheduler.withdraw(task)
        if withdrawn:
            assert not self.begun[task], "it has begun"
            self.settle(task, "cancelled")
        elif task.state is TaskState.COMMITTED:
            assert worker is not None
            assert self.begun[task] or worker.ahead is not None, "it has not begun"
        self.go_on(node)

    @rule(data=st.data())
    def abort(self, data: st.DataObject) -> None:
        task = self.draw_open_task(data)
        if task is None:
            return
        node, _ = self.recover(task)
        was_waiting = task.state is TaskState.QUEUED
        assert self.scheduler.abort(task, "aborted", self.now) or not was_waiting
        self.go_on(node)
        assert (task.state is TaskState.FAILED) is was_waiting

    @rule(hard=st.booleans(), data=st.data())
    def restart(self, hard: bool, data: st.DataObject) -> None:
        present = [node.id for node in self.scheduler.state.roster.present()]
        if self.stopped or not present:
            return
        ids = data.draw(st.none() | st.lists(st.sampled_from(present), unique=True), label="workers")
        restart = self.scheduler.restart(ids, hard=hard, now=self.now)
        self.restarts.setdefault(restart, [])
        self.hand_out()

    @rule(minimum=st.integers(0, 3), more=st.integers(0, 2))
    def resize(self, minimum: int, more: int) -> None:
        if not self.stopped:
            self.scheduler.resize(self.options.resized(minimum, max(1, minimum + more)), self.now)
            self.hand_out()

    @rule(name=st.sampled_from(list(STRATEGIES)), median=st.booleans())
    def set_strategy(self, name: str, median: bool) -> None:
        changed = self.options.strategy_options.replace(run_time={"median": median})
        self.scheduler.set_strategy(self.options.replace(strategy=name, strategy_options=changed), self.now)
        self.hand_out()

    @rule(
        changes=st.fixed_dictionaries(
            {},
            optional={
                "enabled": st.booleans(),
                "task_stealing": st.booleans(),
                "task_stealing_ratio": st.sampled_from([0, 0.6, 1]),
                "concurrency": st.integers(1, 3),
                "size": st.sampled_from([None, 1, 2]),
                "limit": st.sampled_from([None, 3]),
                "aging_factor": st.sampled_from([0.0, 1.0]),
            },
        )
    )
    def set_queue_options(self, changes: dict[str, object]) -> None:
        if not self.stopped:
            queue = self.options.queue.replace(**changes)
            self.scheduler.set_queue_options(self.options.replace(queue=queue), self.now)
            self.most_at_once = max(self.most_at_once, queue.concurrency)
            self.hand_out()

    @rule()
    def pause(self) -> None:
        if not self.stopped:
            self.scheduler.pause()
            self.hand_out()

    @rule()
    def resume(self) -> None:
        if not self.stopped:
            self.scheduler.resume(self.now)
            self.hand_out()

    @rule()
    def drain(self) -> None:
        if not self.stopped:
            self.scheduler.drain(self.now)
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

    @rule(data=st.data(), choices=st.lists(st.integers(0, 2), min_size=1, max_size=6))
    def work(self, data: st.DataObject, choices: list[int]) -> None:
        if worker := self.draw_worker(data, lambda worker: worker.is_ready and worker.has_work and not worker.killed):
            for choice in choices:
                self.step(worker, choice)

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
        self.busy_and_pressed_workers_are_counted()
        self.who_has_the_least_to_do_is_known()
        self.what_is_committed_is_with_its_worker()
        self.nobody_runs_more_than_it_may()
        self.nobody_has_room_while_tasks_wait_for_it()
        self.edges_alternate()
        self.the_last_edge_is_true()
        self.nobody_is_where_no_slot_is()

    def the_books_balance(self) -> None:
        state = self.scheduler.state
        shown = worked_out(snapshot(state, self.now, 0.0, 0.0))
        ended = shown["executed_tasks"] + shown["failed_tasks"] + shown["cancelled_tasks"]
        assert shown["submitted_tasks"] == len(self.tasks)
        assert shown["submitted_tasks"] == ended + shown["executing_tasks"] + shown["queued_tasks"]
        json.dumps(shown, allow_nan=False)
        open_tasks = Counter(task.name for task in self.tasks if self.is_open(task))
        for name, usage in worked_out(tasks_by_name(state)).items():
            assert usage["submitted"] == usage["executed"] + usage["failed"] + usage["cancelled"] + open_tasks[name]

    def what_waits_is_counted(self) -> None:
        state = self.scheduler.state
        queues = [state.backlog, *(node.queue for node in state.roster)]
        assert state.waiting == sum(map(len, queues))
        assert all(task.state is TaskState.QUEUED for queue in queues for task in queue)
        waiting = [task for queue in queues for task in queue]
        assert len(waiting) == len(set(waiting)) == state.waiting

    def busy_and_pressed_workers_are_counted(self) -> None:
        state, queue = self.scheduler.state, self.options.queue
        assert state.busy_nodes == sum(node.is_full for node in state.roster.eligible)
        assert state.pressed_nodes == sum(node.is_pressed for node in state.roster.eligible)
        for node in state.roster.eligible:
            assert node.is_pressed == (queue.enabled and len(node.queue) >= self.options.queue_size)

    def who_has_the_least_to_do_is_known(self) -> None:
        if eligible := self.scheduler.state.roster.eligible:
            assert eligible.least_loaded() is min(eligible, key=attrgetter("load"))

    def what_is_committed_is_with_its_worker(self) -> None:
        for node in self.scheduler.state.roster:
            tasks = [task for batch in node.batches for task in batch.tasks[batch.done :]]
            assert len(tasks) == node.committed
            assert all(task.state is TaskState.COMMITTED and task.node is node for task in tasks)

    def nobody_runs_more_than_it_may(self) -> None:
        for node in self.scheduler.state.roster:
            assert node.executing <= node.width <= node.wanted_width <= self.most_at_once
            assert node.width == 1 or node.committed <= node.width, "only who runs one at a time is given more"
        for worker in self.workers.values():
            assert sum(lane.running is not None for lane in worker.lanes) <= self.most_at_once

    def nobody_has_room_while_tasks_wait_for_it(self) -> None:
        state = self.scheduler.state
        if state.paused:
            return
        queue = self.options.queue
        steals = queue.enabled and queue.task_stealing and queue.task_stealing_ratio > 0
        for node in state.roster.eligible:
            assert not any(may_run(slots, node.slot) for slots in map(lane_slots, state.backlog))
            if not node.is_full and node.unanswered_batches < MAX_UNANSWERED_BATCHES:
                assert not node.queue, "it does not even run what waits for itself"
                assert not (steals and any(other.queue.has_for(node.slot) for other in state.roster))

    def edges_alternate(self) -> None:
        assert self.events.count("ready") <= 1
        for begin in ("busy", "full", "back_pressure"):
            told = [event for event in self.events if event in (begin, f"{begin}_end")]
            assert told == [begin, f"{begin}_end"] * (len(told) // 2) + [begin] * (len(told) % 2)

    def the_last_edge_is_true(self) -> None:
        """As soon as everything is carried out."""
        state = self.scheduler.state
        if self.agenda:
            return
        assert self.last_told("busy") == (state.busy_nodes >= self.options.limit)
        assert self.last_told("full") == (self.options.dynamic and len(state.roster.present()) >= self.options.limit)
        assert self.last_told("back_pressure") == state.is_pressed

    def nobody_is_where_no_slot_is(self) -> None:
        """In every slot one worker, and during a restart its successors."""
        present = self.scheduler.state.roster.present()
        assert all(0 <= node.slot < self.options.limit for node in present)

    def teardown(self) -> None:
        """When everybody does what is left to be done, everything comes to its end."""
        if not hasattr(self, "scheduler"):
            return
        self.resume()
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
        self.carry_out_all()
        for worker in list(self.workers.values()):
            if worker.killed or (worker.told_to_stop and not worker.has_work and not worker.said):
                self.bury(worker, "ended")
                moved = True
                continue
            if not worker.is_ready:
                self.welcome(worker)
                self.carry_out_all()  # before its time to start is over, it hears how wide it is to be
                moved = True
            if worker.has_work or worker.said:
                for choice in range(10):  # faster than time goes on
                    self.step(worker, choice)
                    self.listen(worker)
                moved = True
        next_tick = self.scheduler.next_tick(self.now)
        if not moved and next_tick is None:
            return False
        self.now = max(self.now + 0.001, next_tick or 0.0)
        self.scheduler.tick(self.now)
        self.hand_out()
        return True

    def carry_out_all(self) -> None:
        while self.agenda:
            self.carry_out_next()

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

    def draw_open_task(self, data: st.DataObject) -> Task | None:
        candidates = [task for task in self.tasks if self.is_open(task)]
        return data.draw(st.sampled_from(candidates), label="task") if candidates else None

    def is_open(self, task: Task) -> bool:
        return task.state in (TaskState.QUEUED, TaskState.COMMITTED)

    def recover(self, task: Task) -> tuple[WorkerNode | None, ModelWorker | None]:
        """Take back what the task's worker has not begun, as the pool does before it cancels or aborts."""
        node = task.node
        if task.state is not TaskState.COMMITTED or node is None:
            return None, None
        worker = self.workers[node.id]
        self.scheduler.taken_back(node, worker.take_back(), self.now)
        return node, worker

    def go_on(self, node: WorkerNode | None) -> None:
        if node is not None:
            self.scheduler.go_on(node, self.now)
        self.hand_out()

    def welcome(self, worker: ModelWorker) -> None:
        worker.is_ready = True
        self.scheduler.worker_ready(worker.node, 1000 + worker.node.id, self.now)
        self.hand_out()

    def step(self, worker: ModelWorker, choice: int = 0) -> None:
        if task := worker.step(choice):
            self.begun[task] += 1
            assert self.begun[task] == 1, "a task begins once"
            assert task not in self.settled, "a task that was settled begins"
            assert may_run(task.function.workers, worker.node.slot), "a task begins where it may not"
            if not task.name.endswith("ends"):
                worker.hung.add(task)
            if task.name.endswith("for good"):
                worker.deaf.add(task)

    def listen(self, worker: ModelWorker) -> None:
        """Pass on what the worker has said: answers together, as they come in one read."""
        answered: list[tuple[str, int, Task | None]] = []
        for what, number, task in [*worker.said, ("end", 0, None)]:
            if task is not None:
                answered.append((what, number, task))
                continue
            self.pass_on(worker, answered)
            answered = []
            if what == "skipped":
                self.scheduler.skipped(worker.node, number, self.now)
            elif what == "widened":
                self.scheduler.widened(worker.node, number, self.now)
            self.hand_out()
        worker.said.clear()

    def pass_on(self, worker: ModelWorker, answered: list[tuple[str, int, Task | None]]) -> None:
        outcomes = [
            Outcome(None, ValueError() if what == "failed" else None, "", self.now, TINY, 0.0, number)
            for what, number, _ in answered
        ]
        known = [task for _, _, task in answered if task not in self.settled]  # others were given up
        ended: list[tuple[Task, Outcome]] = []
        self.scheduler.finished(worker.node, outcomes, self.now, ended)
        assert [task for task, _ in ended] == known
        for task, outcome in ended:
            if outcome.error is not None:
                assert isinstance(outcome.error, TaskAborted | TaskTimeout)
            self.settle(task, "failed" if outcome.error else "executed")
        self.hand_out()

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
            if isinstance(decision, Settle) and isinstance(decision.error, WorkerLost | TaskTimeout)
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
            case Widen(node, width) if worker := self.workers.get(node.id):
                worker.messages.append(width)
            case Interrupt(node, number, index, _) if worker := self.workers.get(node.id):
                worker.interrupt(number, index)
            case GiveUp(node, task) if node.state is not NodeState.GONE:
                self.scheduler.taken_back(node, self.workers[node.id].take_back(), self.now)
                self.scheduler.give_up(node, task, self.now)
                self.go_on(node)
            case TakeBack(node) if node.state is not NodeState.GONE:
                self.scheduler.taken_back(node, self.workers[node.id].take_back(), self.now)
                self.go_on(node)
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


def lane_slots(task: Task) -> tuple[int, ...] | None:
    return task.function.lane[1]


TestScheduler = SchedulerMachine.TestCase
TestScheduler.settings = settings(settings.default, max_examples=EXAMPLES, stateful_step_count=50)
TestScheduler.pytestmark = [pytest.mark.timeout(3000), pytest.mark.slow]  # type: ignore[attr-defined]
