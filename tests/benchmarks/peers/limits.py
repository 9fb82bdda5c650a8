"""What no pool can beat on this machine."""

from __future__ import annotations

import multiprocessing
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from tests.benchmarks.peers.base import CONTEXT, Candidate
from tests.benchmarks.peers.pools import Arguments, Bulk, Called, Function

# Answers every byte with itself, as a worker that has nothing to decide, pickle or run.
ECHO = "import socket, sys; s = socket.socket(fileno=int(sys.argv[1]))\nwhile data := s.recv(1): s.send(data)"


@dataclass(frozen=True)
class PingPong(Called):
    """Sends a byte to another process, and hears it again."""

    here: socket.socket

    def call(self, function: Callable[..., Any], number: int) -> int:
        self.here.send(bytes([number % 256]))
        return number - number % 256 + self.here.recv(1)[0]


@contextmanager
def ping_pong(workers: int) -> Iterator[PingPong]:
    here, there = socket.socketpair()
    command = [sys.executable, "-c", ECHO, str(there.fileno())]
    with here, subprocess.Popen(command, pass_fds=[there.fileno()]) as echo:
        there.close()
        try:
            yield PingPong(here)
        finally:
            here.shutdown(socket.SHUT_RDWR)
            echo.wait()


@contextmanager
def bare_processes(workers: int) -> Iterator[Bulk]:
    """As many processes as a pool has workers, each of which is given its part of the tasks in one message."""
    context = multiprocessing.get_context(CONTEXT)
    pipes = [context.Pipe() for _ in range(workers)]
    processes = [context.Process(target=do_all, args=(there,), daemon=True) for _, there in pipes]

    def call_many(function: Function, arguments: Arguments) -> list[Any]:
        tasks = list(arguments)
        for number, (here, _) in enumerate(pipes):
            here.send((function, tasks[number::workers]))
        results: list[Any] = [None] * len(tasks)
        for number, (here, _) in enumerate(pipes):
            results[number::workers] = here.recv()
        return results

    for process in processes:
        process.start()
    yield Bulk(call_many)
    for (here, _), process in zip(pipes, processes, strict=True):
        here.send(None)
        process.join()


def do_all(pipe: Connection) -> None:
    while work := pipe.recv():
        function, tasks = work
        pipe.send([function(*args) for args in tasks])


@contextmanager
def bare_threads(workers: int) -> Iterator[Bulk]:
    """As many threads as a pool has workers, each of which takes the next task when it is done with one."""

    def call_many(function: Function, arguments: Arguments) -> list[Any]:
        tasks = deque(enumerate(arguments))
        results: list[Any] = [None] * len(tasks)

        def work() -> None:
            with suppress(IndexError):
                while True:
                    number, args = tasks.popleft()
                    results[number] = function(*args)

        threads = [threading.Thread(target=work) for _ in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    yield Bulk(call_many)


RAW_SOCKETPAIR = Candidate("raw socketpair", "one byte to another process and back", "limit", ping_pong)
BARE_PROCESSES = Candidate("bare processes", "each given its part at once", "limit", bare_processes)
BARE_THREADS = Candidate("bare threads", "each takes the next task from one list", "limit", bare_threads)
