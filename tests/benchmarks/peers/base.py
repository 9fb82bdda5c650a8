"""What every candidate has in common, whatever it is made of."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from tests.benchmarks.work import same

# Named, because the default is another one in Python 3.14, and because forking a process with threads is unsafe.
CONTEXT = "forkserver"


class Peer(Protocol):
    """A running pool. It has to return right results, or it raises AssertionError."""

    def round_trips(self, count: int) -> list[float]:
        """Microseconds that each of so many calls takes, one after another."""

    def many(self, count: int) -> float | None:
        """Seconds that so many calls take at once; None for what cannot."""


class Candidate(NamedTuple):
    """Something to be measured: its name, what it is, and how it is started."""

    name: str
    about: str
    start: Callable[[int], AbstractContextManager[Peer]]


@dataclass(frozen=True)
class Calls:
    """A pool that is called from here: one call and its result, and many calls and their results in order."""

    call: Callable[[int], int]
    call_many: Callable[[int], list[int]] | None

    def round_trips(self, count: int) -> list[float]:
        call, times, results = self.call, [], []
        for number in range(count):
            began = time.perf_counter()
            results.append(call(number))
            times.append((time.perf_counter() - began) * 1e6)
        _require_right(results, count)
        return times

    def many(self, count: int) -> float | None:
        if self.call_many is None:
            return None
        began = time.perf_counter()
        results = self.call_many(count)
        seconds = time.perf_counter() - began
        _require_right(results, count)
        return seconds


def executor(start: Callable[[int], Executor]) -> Callable[[int], AbstractContextManager[Peer]]:
    """A candidate that speaks the language of concurrent.futures: poolapp's pools do too."""

    @contextmanager
    def running(workers: int) -> Iterator[Peer]:
        with start(workers) as pool:
            submit = pool.submit

            def call_many(count: int) -> list[int]:
                return [future.result() for future in [submit(same, number) for number in range(count)]]

            yield Calls(lambda number: submit(same, number).result(), call_many)

    return running


def _require_right(results: list[int], count: int) -> None:
    if results != list(range(count)):
        raise AssertionError("a peer has returned wrong results")
