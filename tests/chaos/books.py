"""The books of a chaos run: what was submitted, what became of it, and whether that was right."""

from __future__ import annotations

import re
import sys
import threading
from collections import Counter
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any

from poolapp.engine import PoolDestroyed, WorkerLost
from tests.chaos.kinds import Call

MOST_COMPLAINTS = 20
OWN_DOING = re.compile("killed by a hard restart|did not end|did not begin|the nursery|given up")
PROCESS = re.compile(r"\(process (\d+)\)")
COUNTED = ("submitted", "executed", "failed", "cancelled", "executing", "queued")


class Books:
    """Counts, and complains about what must not be.

    ledger: a file with one byte for each task, how often it has begun.
    """

    def __init__(self, ledger: Path) -> None:
        self.ledger = ledger
        ledger.touch()
        self._lock = threading.Lock()
        self._next = 0
        self.submitted = 0
        self.settled = 0
        self.callbacks = 0
        self.outcomes: Counter[str] = Counter()
        self.counted: Counter[str] = Counter()  # by the pools themselves
        self.killed: set[int] = set()  # processes, by us
        self.rerun: set[int] = set()  # numbers of tasks that are safe to run again
        self.open: dict[int, Future[Any]] = {}
        self.complaints: list[str] = []
        self.retries = 0

    def number(self) -> int:
        """The number of the next task."""
        with self._lock:
            self._next += 1
            return self._next

    def enter(self, number: int, call: Call, future: Future[Any]) -> None:
        """A task was taken by a pool."""
        with self._lock:
            self.submitted += 1
            self.open[number] = future
            if call.task.retry_lost:
                self.rerun.add(number)
        future.add_done_callback(lambda _: self._count_callback())

    def settle(self, number: int, call: Call, future: Future[Any]) -> None:
        """A task is over: whether it has ended as it may."""
        outcome, complaint = self._judge(call, future)
        with self._lock:
            del self.open[number]
            self.settled += 1
            self.outcomes[outcome] += 1
        if complaint:
            self.complain(f"task {number}, {call.task.name}: {complaint}")

    def complain(self, text: str) -> None:
        with self._lock:
            if len(self.complaints) < MOST_COMPLAINTS:
                self.complaints.append(text)
                print(text, file=sys.stderr, flush=True)  # at once: a run may be long

    def take_over(self, snapshot: dict[str, Any]) -> None:
        """Add what a pool that has ended has counted."""
        counted = {name: snapshot[f"{name}_tasks"] for name in COUNTED}
        if counted["submitted"] != sum(counted.values()) - counted["submitted"]:
            self.complain(f"the books of a pool do not balance: {counted}")
        with self._lock:
            self.counted.update(counted)
            self.retries += snapshot["retried_tasks"]

    def close(self) -> list[str]:
        """All that is wrong in the end."""
        counted = self.counted
        if self.open:
            self.complain(f"{len(self.open)} futures are open: {list(self.open)[:10]}")
        if self.submitted != self.settled or self.submitted != self.callbacks:
            self.complain(f"{self.submitted} submitted, {self.settled} settled, {self.callbacks} called back")
        if counted["submitted"] != self.submitted:
            self.complain(f"pools have counted {counted['submitted']} tasks, callers {self.submitted}")
        if counted["executing"] or counted["queued"]:
            self.complain(f"a pool that has ended still has tasks: {dict(counted)}")
        begun = self.ledger.read_bytes()
        twice = [number for number, times in enumerate(begun) if times > 1 and number not in self.rerun]
        if twice:
            self.complain(f"{len(twice)} tasks ran more than once: {twice[:10]}")
        return self.complaints

    def _count_callback(self) -> None:
        with self._lock:
            self.callbacks += 1

    def _judge(self, call: Call, future: Future[Any]) -> tuple[str, str | None]:
        """A name for what has become of a task, and what is wrong with it."""
        try:
            value = future.result(0)
        except CancelledError:
            return "cancelled", None if call.then == "cancel" else "was cancelled by nobody"
        except WorkerLost as exc:
            return "WorkerLost", self._why_lost(call, exc)
        except PoolDestroyed:
            return "PoolDestroyed", None
        except BaseException as exc:
            allowed = (*call.also, call.expected) if isinstance(call.expected, type) else call.also
            return type(exc).__name__, None if isinstance(exc, allowed) else f"raised {exc!r}"
        return "value", None if value == call.expected else f"returned {str(value)[:80]}"

    def _why_lost(self, call: Call, loss: WorkerLost) -> str | None:
        """None when its worker was killed by us, by itself, by a task that it ran, or by the pool on demand."""
        if call.expected is WorkerLost or OWN_DOING.search(str(loss)):
            return None
        found = PROCESS.search(str(loss))
        pid = int(found.group(1)) if found else None
        return None if pid in self.killed or pid in self._dead_by_task() else f"was lost without a reason: {loss}"

    def _dead_by_task(self) -> set[int]:
        deaths = Path(f"{self.ledger}.deaths")
        return set(map(int, deaths.read_text().split())) if deaths.exists() else set()
