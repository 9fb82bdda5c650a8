"""Pools of Python's library, poolapp's own, and the limit of them all."""

from __future__ import annotations

import multiprocessing
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.pool import Pool as MultiprocessingPool
from typing import Any

from poolapp.engine import Pool, PoolOptions
from tests.benchmarks.peers.base import CONTEXT, Calls, Candidate, Peer, executor
from tests.benchmarks.work import same

# Answers every byte with itself, as a worker that has nothing to decide, pickle or run.
ECHO = "import socket, sys; s = socket.socket(fileno=int(sys.argv[1]))\nwhile data := s.recv(1): s.send(data)"


@contextmanager
def multiprocessing_pool(workers: int) -> Iterator[Peer]:
    pool: MultiprocessingPool
    with multiprocessing.get_context(CONTEXT).Pool(workers) as pool:
        apply = pool.apply_async

        def call_many(count: int) -> list[int]:
            return [result.get() for result in [apply(same, (number,)) for number in range(count)]]

        yield Calls(lambda number: apply(same, (number,)).get(), call_many)
        pool.close()
        pool.join()


@contextmanager
def ping_pong(workers: int) -> Iterator[Peer]:
    here, there = socket.socketpair()
    command = [sys.executable, "-c", ECHO, str(there.fileno())]
    with here, subprocess.Popen(command, pass_fds=[there.fileno()]) as echo:
        there.close()

        def call(number: int) -> int:
            here.send(bytes([number % 256]))
            return number - number % 256 + here.recv(1)[0]

        try:
            yield Calls(call, None)
        finally:
            here.shutdown(socket.SHUT_RDWR)
            echo.wait()


def pool(worker: str) -> Callable[[int], Executor]:
    return lambda workers: Pool(PoolOptions(worker=worker, min_size=workers, name=f"benchmark-{worker}"))


def process_pool_executor(workers: int) -> Any:
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context(CONTEXT))


CANDIDATES = (
    Candidate("multiprocessing.Pool", f"processes ({CONTEXT}), apply_async", multiprocessing_pool),
    Candidate("ProcessPoolExecutor", f"processes ({CONTEXT}), submit", executor(process_pool_executor)),
    Candidate("ThreadPoolExecutor", "threads, submit", executor(ThreadPoolExecutor)),
    Candidate("poolapp process", "processes (nursery), submit", executor(pool("process"))),
    Candidate("poolapp thread", "threads, submit", executor(pool("thread"))),
    Candidate("raw socketpair", "one byte to another process and back: the limit", ping_pong),
)
