"""What happens to the pool in the meantime: workers are killed and frozen, everything is changed, nothing stays."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from poolapp.engine import Pool, PoolError
from poolapp.engine.strategies import STRATEGIES
from tests.chaos.books import Books
from tests.chaos.subjects import MAX_SIZE, Subject

LONGEST_FREEZE = 4.0
SIGNALS = ("SIGKILL", "SIGKILL", "SIGKILL", "SIGSEGV", "SIGABRT", "SIGTERM")


class Mischief:
    """Does one thing after another to a pool, at random moments, until it is told to stop; then it sets all right."""

    def __init__(self, subject: Subject, books: Books, worker: str, seed: int, pause: float) -> None:
        self._subject = subject
        self._books = books
        self._rng = random.Random(seed)
        self._pause = pause
        self._frozen: dict[int, float] = {}  # processes, and when each is to go on
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mischief", daemon=True)
        self.done: Counter[str] = Counter()
        to_pools: dict[Callable[[Pool], None], float] = {
            self._resize: 2,
            self._set_strategy: 2,
            self._set_queue_options: 2,
            self._restart: 2,
            self._pause_for_a_moment: 1,
            self._begin_anew: 0.2,
        }
        to_processes: dict[Callable[[Pool], None], float] = {
            self._kill: 12,
            self._freeze: 2,
            self._kill_nursery: 0.4,
        }
        self._deeds = to_pools | (to_processes if worker == "process" else {})

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(120)
        if self._thread.is_alive():
            self._books.complain("mischief does not come back")

    def _run(self) -> None:
        while not self._stopping.wait(self._rng.expovariate(1 / self._pause)):
            self._thaw(time.monotonic())
            (deed,) = self._rng.choices(list(self._deeds), list(self._deeds.values()))
            try:
                deed(self._subject.pool)
                self.done[deed.__name__.strip("_")] += 1
            except PoolError as exc:
                self.done[f"refused: {type(exc).__name__}"] += 1
            except Exception as exc:
                self._books.complain(f"{deed.__name__} failed: {exc!r}")
        self._thaw(float("inf"))
        with contextlib.suppress(PoolError):
            self._subject.pool.resume()

    def _resize(self, pool: Pool) -> None:
        smallest = self._rng.randint(1, MAX_SIZE)
        pool.resize(smallest, self._rng.randint(smallest, MAX_SIZE + 2))

    def _set_strategy(self, pool: Pool) -> None:
        pool.set_strategy(self._rng.choice(list(STRATEGIES)))

    def _set_queue_options(self, pool: Pool) -> None:
        options: dict[str, Any] = {
            "concurrency": self._rng.choice((1, 1, 1, 2, 4)),
            "size": self._rng.choice((None, 1, 20)),
            "task_stealing": self._rng.random() < 0.7,
            "enabled": self._rng.random() < 0.8,
        }
        pool.set_queue_options(**options)

    def _restart(self, pool: Pool) -> None:
        if self._rng.random() < 0.3:
            self._books.killed.update(_pids(pool))
            pool.restart_workers(mode="hard")
        else:
            pool.restart_workers(mode="rolling")

    def _pause_for_a_moment(self, pool: Pool) -> None:
        pool.pause()
        self._stopping.wait(self._rng.uniform(0, 0.3))
        pool.resume()

    def _begin_anew(self, pool: Pool) -> None:
        self._thaw(float("inf"))
        self._books.take_over(self._subject.end())
        self._subject.begin()

    def _kill(self, pool: Pool) -> None:
        pid, name = self._choose(pool), self._rng.choice(SIGNALS)
        if pid is not None:
            self._books.killed.add(pid)
            _send(pid, signal.Signals[name])
            self.done[name] += 1

    def _freeze(self, pool: Pool) -> None:
        if (pid := self._choose(pool)) is not None:
            self._books.killed.add(pid)  # the pool may do so
            self._frozen[pid] = time.monotonic() + self._rng.uniform(0, LONGEST_FREEZE)
            _send(pid, signal.SIGSTOP)

    def _kill_nursery(self, pool: Pool) -> None:
        if (pid := self._choose(pool)) is not None:
            parent = _parent(pid)
            if parent not in (None, 1, os.getpid()):
                self._books.killed.update(_pids(pool))
                _send(parent, signal.SIGKILL, "poolapp-nursery")

    def _thaw(self, now: float) -> None:
        for pid in [pid for pid, due in self._frozen.items() if now >= due]:
            del self._frozen[pid]
            _send(pid, signal.SIGCONT)

    def _choose(self, pool: Pool) -> int | None:
        """A worker process that lives."""
        pids = [pid for pid in _pids(pool) if _name(pid) == "poolapp-worker"]
        return self._rng.choice(pids) if pids else None


def _pids(pool: Pool) -> list[int]:
    return [worker["pid"] for worker in pool.snapshot(tasks=False)["workers"] if worker["pid"]]


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has just ended
        return None


def _send(pid: int, number: signal.Signals, name: str = "poolapp-worker") -> None:
    """Signal a process, unless it has ended and its number is another's."""
    with contextlib.suppress(ProcessLookupError):
        if _name(pid) == name:
            os.kill(pid, number)
