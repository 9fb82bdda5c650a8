"""Callers: threads that submit bursts and wait for them, and coroutines that await one task after another."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from concurrent.futures import CancelledError, Future
from typing import Any

from poolapp.engine import InvalidOption, PoolDestroyed, PoolNotStarted, TaskFunction
from tests.chaos import functions
from tests.chaos.books import Books
from tests.chaos.kinds import Call, choose
from tests.chaos.subjects import Subject

LARGEST_BURST = 60
COROUTINES = 8
# After so many seconds without an answer something is wrong; no task and no mischief takes as long.
HANGS_AFTER = 60.0
SECONDS_BETWEEN_PROBES = 0.01


class Load:
    """Keeps a pool busy until it is told to stop."""

    def __init__(self, subject: Subject, books: Books, worker: str, seed: int, threads: int) -> None:
        self._subject = subject
        self._books = books
        self._worker = worker
        self._stopping = threading.Event()
        callers = [threading.Thread(target=self._call, args=(seed + n,), name=f"caller {n}") for n in range(threads)]
        loop = threading.Thread(target=self._run_loop, args=(seed + threads,), name="asyncio callers")
        probe = threading.Thread(target=self._probe, name="probe")
        self._threads = [*callers, loop, probe]
        self.round_trips: list[float] = []

    def start(self) -> None:
        for thread in self._threads:
            thread.daemon = True  # a run that has failed must be able to end
            thread.start()

    def stop(self) -> None:
        """Submit nothing more, and wait until all that was submitted is over."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(2 * HANGS_AFTER)
            if thread.is_alive():
                self._books.complain(f"{thread.name} does not come back")

    def _call(self, seed: int) -> None:
        rng = random.Random(seed)
        while not self._stopping.is_set():
            burst = [self._submit(rng) for _ in range(int(LARGEST_BURST ** rng.random()))]
            for submitted in burst:
                if submitted is not None:
                    self._wait_for(*submitted)

    def _submit(self, rng: random.Random) -> tuple[int, Call, Future[Any]] | None:
        number, kind = self._books.number(), choose(rng, self._worker)
        call = kind.make(rng, number)
        try:
            future = self._subject.execute(call.task, str(self._books.ledger), number, *call.args)
        except (PoolDestroyed, PoolNotStarted):
            time.sleep(0.01)  # until there is a pool again
            return None
        except InvalidOption:  # its slot was taken away
            return None
        self._books.enter(number, call, future)
        if call.then == "cancel":
            future.cancel()
        elif call.then == "abort":
            future.abort()
        return number, call, future

    def _wait_for(self, number: int, call: Call, future: Future[Any]) -> None:
        with contextlib.suppress(BaseException):
            future.exception(HANGS_AFTER)
        if not future.done():
            self._books.complain(f"task {number}, {call.task.name}, hangs: {future.info}")  # type: ignore[attr-defined]
            return
        self._books.settle(number, call, future)

    def _probe(self) -> None:
        """Call one task after another, and note how long each takes that comes to a good end."""
        probe = TaskFunction(functions.nothing, "chaos.probe", priority=-20)
        while not self._stopping.wait(SECONDS_BETWEEN_PROBES):
            number, began = self._books.number(), time.monotonic()
            call = Call(probe, expected=number)
            with contextlib.suppress(PoolDestroyed, PoolNotStarted):
                future = self._subject.execute(probe, str(self._books.ledger), number)
                self._books.enter(number, call, future)
                self._wait_for(number, call, future)
                if future.exception(0) is None:
                    self.round_trips.append(time.monotonic() - began)

    def _run_loop(self, seed: int) -> None:
        asyncio.run(self._call_all(seed))

    async def _call_all(self, seed: int) -> None:
        await asyncio.gather(*(self._call_one_by_one(random.Random(seed + n)) for n in range(COROUTINES)))

    async def _call_one_by_one(self, rng: random.Random) -> None:
        while not self._stopping.is_set():
            submitted = self._submit(rng)
            if submitted is None:
                await asyncio.sleep(0.01)
                continue
            number, call, future = submitted
            waiting = asyncio.wrap_future(future)
            with contextlib.suppress(Exception, CancelledError, asyncio.CancelledError):
                await asyncio.wait_for(asyncio.shield(waiting), HANGS_AFTER)
            await asyncio.to_thread(self._wait_for, number, call, future)
