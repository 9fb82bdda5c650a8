"""Threads that take jobs from one inbox: what makes a worker as wide as it is to be."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

Job = TypeVar("Job")

_stack_size_lock = threading.Lock()


def _nothing() -> None:
    """For lanes that nobody waits for."""


class Lanes(Generic[Job]):
    """Daemon threads, each of which does one job after another.

    work: does a job. When it raises, its thread ends, and the others do after what was put.
    at_end: called by a thread that ends in that way, with what was raised, and by the last thread, with None.
    stack_size: of each thread, in bytes; what is usual unless given.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[Job], object],
        at_end: Callable[[BaseException | None], object],
        stack_size: int | None = None,
    ) -> None:
        self._name = name
        self._work = work
        self._at_end = at_end
        self._stack_size = stack_size
        self._inbox: queue.SimpleQueue[Job | None] = queue.SimpleQueue()  # None: there will be no more
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._living = 0
        self._is_closed = False

    @property
    def width(self) -> int:
        """How many threads there are, or were before they ended."""
        return len(self._threads)

    @property
    def living(self) -> int:
        """How many threads have not ended."""
        return self._living

    def grow(self, width: int, begin: Callable[[], object] = _nothing) -> bool:
        """Have so many threads; the last of those that are added calls `begin` first. False when none was added.

        Raises RuntimeError when the system has no more threads; those that were started stay.
        """
        with self._lock:
            missing = 0 if self._is_closed else width - len(self._threads)
            for left in reversed(range(missing)):
                self._add(_nothing if left else begin)
        return missing > 0

    def put(self, job: Job) -> None:
        self._inbox.put(job)

    def take_back(self) -> list[Job]:
        """Take all jobs that nobody has begun."""
        jobs: list[Job] = []
        while True:
            try:
                job = self._inbox.get_nowait()
            except queue.Empty:
                return jobs
            if job is None:
                self._inbox.put(None)
                return jobs
            jobs.append(job)

    def close(self) -> None:
        """Let the threads end after what was put; does not wait for it."""
        with self._lock:
            self._is_closed = True
        self._inbox.put(None)

    def join(self) -> None:
        """Wait for the threads to end."""
        for thread in self._threads:
            thread.join()

    def _add(self, begin: Callable[[], object]) -> None:
        name = f"{self._name}.{len(self._threads)}" if self._threads else self._name
        thread = threading.Thread(target=self._live, args=(begin,), name=name, daemon=True)
        self._threads.append(thread)
        self._living += 1
        try:
            with _stack_size(self._stack_size):
                thread.start()
        except RuntimeError:
            self._threads.remove(thread)
            self._living -= 1
            raise

    def _live(self, begin: Callable[[], object]) -> None:
        try:
            begin()
            while (job := self._inbox.get()) is not None:
                self._work(job)
        except BaseException as exc:
            self._at_end(exc)
        self._inbox.put(None)  # for the others
        with self._lock:
            self._living -= 1
            is_last = not self._living
        if is_last:
            self._at_end(None)


@contextlib.contextmanager
def _stack_size(size: int | None) -> Iterator[None]:
    """Threads that are started in here have a stack of this many bytes."""
    if size is None:
        yield
        return
    with _stack_size_lock:
        before = threading.stack_size(size)
        try:
            yield
        finally:
            threading.stack_size(before)
