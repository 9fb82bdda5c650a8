"""A scheduler at a desk: every message returns the decisions it led to, as short sentences."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from poolapp.engine.decisions import (
    Conclude,
    Decision,
    GiveUp,
    Interrupt,
    Kill,
    Probe,
    Recycle,
    Settle,
    Spawn,
    Stop,
    TakeBack,
    Tell,
    Weigh,
    Widen,
)
from poolapp.engine.node import Batch, WorkerNode
from poolapp.engine.options import PoolOptions
from poolapp.engine.outcomes import Outcome, WorkerExit
from poolapp.engine.restarting import WorkersRestart
from poolapp.engine.scheduler import Scheduler
from poolapp.engine.snapshot import snapshot
from poolapp.engine.statistics import worked_out
from poolapp.engine.tasks import KnownFunction, Task, TaskFunction, TaskState

CRASH = "killed by SIGKILL"


class Desk:
    """Feeds messages to a scheduler. Time is a number, `now`, and passes only by `tick`.

    What is told to listeners is not among the sentences but in `told`.
    """

    def __init__(self, *, ahead: bool = False, can_freeze: bool = False, **options: Any) -> None:
        self.now = 0.0
        pool_options = PoolOptions(**{"worker": "inline", "min_size": 1, **options})
        self.scheduler = Scheduler(pool_options, ahead=ahead, can_freeze=can_freeze)
        self.nodes: dict[int, WorkerNode] = {}
        self.tasks: dict[str, Task] = {}
        self.told: list[str] = []
        self.tells: list[Tell] = []
        self.settled: dict[str, BaseException | None] = {}

    @classmethod
    def with_workers(cls, count: int, **options: Any) -> Desk:
        """A fixed pool whose workers are ready, and as wide as they are to be."""
        desk = cls(**{"min_size": count, **options})
        desk.start()
        width = desk.scheduler.state.options.queue.concurrency
        for node_id in list(desk.nodes):
            desk.ready(node_id)
            if width > 1:
                desk.widened(node_id, width)
        desk.told.clear()
        return desk

    # Messages

    def start(self) -> list[str]:
        self.scheduler.start(self.now)
        return self._decisions()

    def submit(self, name: str, expected: float = math.inf, **options: Any) -> list[str]:
        """A task whose function, with these options, is expected to run for so many seconds."""
        known = KnownFunction(TaskFunction(print, name, **options))
        known.expected = expected
        task = self.tasks[name] = Task(known, (), {}, self.now)
        self.scheduler.check(task)
        self.scheduler.submit(task, self.now)
        return self._decisions()

    def submit_all(self, *names: str, expected: float = math.inf, **options: Any) -> list[str]:
        return [decision for name in names for decision in self.submit(name, expected, **options)]

    def ready(self, node_id: int, pid: int | None = None) -> list[str]:
        self.scheduler.worker_ready(self.nodes[node_id], pid or 1000 + node_id, self.now)
        return self._decisions()

    def answer(
        self, node_id: int, count: int = 1, *, run_time: float = 0.01, error: BaseException | None = None
    ) -> list[str]:
        """The worker has run its next tasks."""
        node = self.nodes[node_id]
        numbers = [batch.number for batch in node.batches for _ in batch.tasks[batch.done :]][:count]
        return self.answer_batches(node_id, *numbers, run_time=run_time, error=error)

    def answer_batches(
        self, node_id: int, *numbers: int, run_time: float = 0.01, error: BaseException | None = None
    ) -> list[str]:
        """The worker has run the next task of each of these batches."""
        outcomes = [Outcome(None, error, "", self.now - run_time, run_time, 0.0, number) for number in numbers]
        ended: list[tuple[Task, Outcome]] = []
        self.scheduler.finished(self.nodes[node_id], outcomes, self.now, ended)
        for task, outcome in ended:
            self._settle(task.name, outcome.error)
        return self._decisions()

    def take_back(self, node_id: int, *batch_numbers: int, withdraw: str | None = None) -> list[str]:
        """Tasks of these batches have not begun and are back; one of them is withdrawn."""
        node = self.nodes[node_id]
        self.scheduler.taken_back(node, batch_numbers, self.now)
        if withdraw is not None and self.scheduler.withdraw(self.tasks[withdraw]):
            self._settle(withdraw, None)
        self.scheduler.go_on(node, self.now)
        return self._decisions()

    def withdraw(self, name: str) -> bool:
        withdrawn = self.scheduler.withdraw(self.tasks[name])
        if withdrawn:
            self._settle(name, None)
        assert self._decisions() == []
        return withdrawn

    def exit(
        self, node_id: int, reason: str = CRASH, *, unbegun: Iterable[int] = (), error: str | None = None
    ) -> list[str]:
        """The worker is gone; tasks of the batches `unbegun` had not begun."""
        self.scheduler.exited(self.nodes[node_id], WorkerExit(reason, error), list(unbegun), self.now)
        return self._decisions()

    def tick(self, seconds: float = 0.0) -> list[str]:
        self.now += seconds
        self.scheduler.tick(self.now)
        return self._decisions()

    def restart(self, *node_ids: int, hard: bool = False) -> tuple[WorkersRestart, list[str]]:
        restart = self.scheduler.restart(node_ids or None, hard=hard, now=self.now)
        return restart, self._decisions()

    def widened(self, node_id: int, width: int) -> list[str]:
        self.scheduler.widened(self.nodes[node_id], width, self.now)
        return self._decisions()

    def probed(self, node_id: int, unbegun: int) -> list[str]:
        """The worker was looked at: it has not begun so many tasks."""
        self.scheduler.probed(self.nodes[node_id], unbegun, self.now)
        return self._decisions()

    def weighed(self, node_id: int, size: int | None) -> list[str]:
        self.scheduler.weighed(self.nodes[node_id], size, self.now)
        return self._decisions()

    def recycle(self, node_id: int) -> list[str]:
        self.scheduler.recycle(self.nodes[node_id], self.now)
        return self._decisions()

    def give_up(self, node_id: int, name: str, *, unbegun: Iterable[int] = ()) -> list[str]:
        """What was asked for is carried out; tasks of the batches `unbegun` were taken back before."""
        self.scheduler.taken_back(self.nodes[node_id], unbegun, self.now)
        self.scheduler.give_up(self.nodes[node_id], self.tasks[name], self.now)
        self.scheduler.go_on(self.nodes[node_id], self.now)
        return self._decisions()

    def pause(self) -> list[str]:
        self.scheduler.pause()
        return self._decisions()

    def resume(self) -> list[str]:
        self.scheduler.resume(self.now)
        return self._decisions()

    def drain(self) -> list[str]:
        self.scheduler.drain(self.now)
        return self._decisions()

    def resize(self, min_size: int, max_size: int | None = None) -> list[str]:
        self.scheduler.resize(self.options.resized(min_size, max_size), self.now)
        return self._decisions()

    def set_strategy(self, name: str, **options: Any) -> None:
        changed = self.options.strategy_options.replace(**options)
        self.scheduler.set_strategy(self.options.replace(strategy=name, strategy_options=changed), self.now)
        assert self._decisions() == []

    def set_queue_options(self, **options: Any) -> list[str]:
        self.scheduler.set_queue_options(self.options.replace(queue=self.options.queue.replace(**options)), self.now)
        return self._decisions()

    def abort(self, name: str, reason: str = "too slow") -> list[str]:
        assert self.scheduler.abort(self.tasks[name], reason, self.now)
        return self._decisions()

    def stop(self) -> list[str]:
        self.scheduler.stop(self.now)
        return self._decisions()

    # A look at it

    @property
    def options(self) -> PoolOptions:
        return self.scheduler.state.options

    def snapshot(self) -> dict[str, Any]:
        figures: dict[str, Any] = worked_out(snapshot(self.scheduler.state, self.now, 0.0, 0.0))
        return figures

    def queue(self, node_id: int) -> list[str]:
        return [task.name for task in self.nodes[node_id].queue]

    def backlog(self) -> list[str]:
        return [task.name for task in self.scheduler.state.backlog]

    def committed(self, node_id: int) -> list[str]:
        return [task.name for batch in self.nodes[node_id].batches for task in batch.tasks[batch.done :]]

    def take_told(self) -> list[str]:
        """The events since the last time."""
        told, self.told = self.told, []
        return told

    def next_tick(self) -> float | None:
        """In how many seconds time matters next."""
        at = self.scheduler.next_tick(self.now)
        return None if at is None else round(at - self.now, 6)

    # Sentences

    def _decisions(self) -> list[str]:
        return [sentence for decision in self.scheduler.take_decisions() if (sentence := self._note(decision))]

    def _note(self, decision: Decision) -> str:
        match decision:
            case Batch():
                assert all(task.state is TaskState.COMMITTED for task in decision.tasks)
                return f"send {decision.node.id}: {' '.join(task.name for task in decision.tasks)}"
            case Spawn(node):
                self.nodes[node.id] = node
                return f"spawn {node.id} in slot {node.slot}"
            case Stop(node):
                return f"stop {node.id}"
            case Kill(node):
                return f"kill {node.id}"
            case TakeBack(node):
                return f"take back from {node.id}"
            case GiveUp(node, task):
                return f"give up {node.id}: {task.name}"
            case Probe(node):
                return f"probe {node.id}"
            case Weigh(node):
                return f"weigh {node.id}"
            case Recycle(node):
                return f"recycle {node.id}"
            case Widen(node, width):
                return f"widen {node.id} to {width}"
            case Interrupt(node, batch_number, index, timed_out):
                return f"{'time out' if timed_out else 'interrupt'} {node.id}: {batch_number}.{index}"
            case Settle(task, error):
                self._settle(task.name, error)
                return f"fail {task.name}: {type(error).__name__}"
            case Tell(event):
                self.told.append(event)
                self.tells.append(decision)
                return ""
            case Conclude(_, error):
                return f"conclude: {type(error).__name__}" if error else "conclude"
        raise AssertionError(decision)

    def _settle(self, name: str, error: BaseException | None) -> None:
        assert name not in self.settled, f"{name} is settled twice"
        self.settled[name] = error
