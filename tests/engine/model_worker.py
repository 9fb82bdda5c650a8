"""A worker as the scheduler's rules want it: it honours its tickets, and answers in any order it may."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from poolapp.engine.node import Batch, WorkerNode
from poolapp.engine.tasks import Task


@dataclass
class Lane:
    """A batch that is being worked on."""

    number: int
    tasks: deque[Task]
    running: Task | None = None


@dataclass(eq=False)
class ModelWorker:
    """It takes a ticket before it begins a task, says when there is none, and never narrows."""

    node: WorkerNode
    is_ready: bool = False
    told_to_stop: bool = False
    killed: bool = False
    width: int = 1
    messages: deque[tuple[int, list[Task]] | int] = field(default_factory=deque)  # batches, and widths to take on
    tickets: deque[int] = field(default_factory=deque)
    ahead: int | None = None
    lanes: list[Lane] = field(default_factory=list)
    interrupted: set[Task] = field(default_factory=set)
    hung: set[Task] = field(default_factory=set)  # tasks that never end by themselves
    deaf: set[Task] = field(default_factory=set)  # those of them that an interruption does not end either
    said: list[tuple[str, int, Task | None]] = field(default_factory=list)

    def receive(self, batch: Batch) -> None:
        assert self.is_ready, "tasks go to workers that are ready only"
        self.tickets.extend([batch.number] * len(batch.tasks))
        self.messages.append((batch.number, list(batch.tasks)))

    def take_back(self) -> list[int]:
        numbers = list(self.tickets)
        self.tickets.clear()
        return numbers

    def interrupt(self, number: int, index: int) -> None:
        """Note that a task is to end, if it is still the one that runs."""
        batch = next((batch for batch in self.node.batches if batch.number == number), None)
        for lane in self.lanes:
            if lane.number == number and batch is not None and lane.running is batch.tasks[index]:
                self.interrupted.add(batch.tasks[index])

    def step(self, choice: int = 0) -> Task | None:
        """Do one of the things that can be done now; returns the task that has begun, if one has."""
        moves = self._moves()
        return moves[choice % len(moves)]() if moves else None

    def _moves(self) -> list:  # type: ignore[type-arg]
        moves = []
        for lane in self.lanes:
            if lane.running is None:
                moves.append(lambda lane=lane: self._begin(lane))
            elif lane.running not in self.hung or lane.running in self.interrupted - self.deaf:
                moves.append(lambda lane=lane: self._finish(lane))
        if self.messages and len(self.lanes) < self.width:
            moves.append(self._read)
        return moves

    def _read(self) -> Task | None:
        message = self.messages.popleft()
        if isinstance(message, int):
            if self.lanes:  # it widens between batches
                self.messages.appendleft(message)
                return None
            self.width = max(self.width, message)
            self.said.append(("widened", self.width, None))
            return None
        lane = Lane(message[0], deque(message[1]))
        self.lanes.append(lane)
        # Where several run at once, who reads a batch takes its ticket, so that tickets go in the order of batches.
        return self._begin(lane) if self.width > 1 else None

    def _begin(self, lane: Lane) -> Task | None:
        if not lane.tasks:
            self.lanes.remove(lane)
            return None
        if not self._may_begin(lane.number):
            self.said.append(("skipped", lane.number, None))
            self.lanes.remove(lane)
            return None
        lane.running = lane.tasks.popleft()
        return lane.running

    def _finish(self, lane: Lane) -> None:
        assert lane.running is not None
        what = "failed" if lane.running in self.interrupted else "executed"
        self.said.append((what, lane.number, lane.running))
        lane.running = None
        if not lane.tasks:
            self.lanes.remove(lane)

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
        messages = [message for message in self.messages if not isinstance(message, int)]
        batches = [*messages, *((lane.number, list(lane.tasks)) for lane in self.lanes)]
        ahead = [tasks[0] for number, tasks in batches if number == self.ahead and tasks]
        return {task for task in (*(lane.running for lane in self.lanes), *ahead) if task}

    @property
    def has_work(self) -> bool:
        return bool(self.lanes) or bool(self.messages)
