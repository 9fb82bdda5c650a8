"""The life of a process worker: read a batch, run its tasks, answer each."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from typing import Any

from poolapp.engine.errors import TaskNotPicklable
from poolapp.engine.outcomes import Outcome
from poolapp.engine.workers.parcels import pack_outcome, unpack_call
from poolapp.engine.workers.running import TaskRunner, failure
from poolapp.engine.workers.tickets import TicketHolder
from poolapp.engine.workers.wire import Frame, FrameReader, FrameWriter, frame


def live(sock: socket.socket, ticket_fd: int, runner: TaskRunner) -> None:
    """Work until the pool closes its end of the socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which decides what becomes of us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with sock:
        WorkerProcess(sock, ticket_fd, runner).run()


class WorkerProcess:
    """One worker, seen from inside."""

    def __init__(self, sock: socket.socket, ticket_fd: int, runner: TaskRunner) -> None:
        self._reader = FrameReader(sock)
        self._writer = FrameWriter(sock)
        self._tickets = TicketHolder(ticket_fd)
        self._runner = runner
        self._functions: dict[str, Callable[..., Any]] = {}

    def run(self) -> None:
        try:
            self._send(("ready", os.getpid()))
            while True:
                for batch in self._reader.read() or ():
                    self._run_batch(batch)
        except (EOFError, OSError):  # the pool wants us to end, or is gone
            self._runner.close()

    def _run_batch(self, batch: Frame) -> None:
        (number, calls), payload = batch
        start = 0
        for reference, name, size in calls:
            if not self._tickets.may_begin(number):
                return self._send(("skipped", number))
            self._answer(self._run_one(reference, payload[start : start + size]), name)
            start += size
        return None

    def _run_one(self, reference: str | None, payload: memoryview) -> Outcome:
        try:
            function, args, kwargs = unpack_call(reference, payload, self._functions)
        except TaskNotPicklable as exc:
            return failure(exc)
        return self._runner.run(function, args, kwargs)

    def _answer(self, outcome: Outcome, name: str) -> None:
        """Answer at once: an answer in the socket outlives this process."""
        good, payload = pack_outcome(outcome, name)
        self._send((good, outcome.started_at, outcome.run_time), payload)

    def _send(self, head: tuple[Any, ...], payload: bytes = b"") -> None:
        self._writer.send(frame(head, (payload,)))
