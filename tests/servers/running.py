"""Servers and commands in processes of their own, on a directory and a port of their own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.app.polling import eventually
from tests.servers.processes import Process, descendants, pool_processes

ROOT = Path(__file__).parents[2]
READY_WITHIN = 30.0
VERDICT = re.compile(r"^\[(\d+)\] poolapp: Pools (start|wait for their first task): (.*)$", re.MULTILINE)


@dataclass
class Running:
    """A server or a command: its process, what it wrote to its standard error, and its database."""

    process: subprocess.Popen[str]
    directory: Path
    log: Path
    port: int

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def output(self) -> str:
        return self.log.read_text()

    @property
    def verdicts(self) -> list[tuple[bool, str]]:
        """What each process said about whether pools start with it, and why."""
        return [(word == "start", reason) for _, word, reason in VERDICT.findall(self.output)]

    @property
    def serving_pids(self) -> list[int]:
        """The processes that said that their pools start."""
        return [int(pid) for pid, word, _ in VERDICT.findall(self.output) if word == "start"]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.directory / "db.sqlite3", timeout=20)) as database:
            return database.execute(query).fetchall()

    def owners(self) -> list[int]:
        """The processes that have, or had, a pool."""
        return [pid for (pid,) in self.rows("SELECT pid FROM poolapp_poolinstance ORDER BY id")]

    def ready_pools(self) -> int:
        """How many live pools there are whose workers are all ready."""
        rows = self.rows("SELECT snapshot FROM poolapp_poolinstance WHERE stopped_at IS NULL")
        return sum(json.loads(snapshot)["ready"] for (snapshot,) in rows)

    def self_reports(self) -> list[dict[str, Any]]:
        """What each process says about itself in its heartbeat."""
        return [
            json.loads(snapshot)["process"] for (snapshot,) in self.rows("SELECT snapshot FROM poolapp_poolinstance")
        ]

    def pool_processes(self) -> list[Process]:
        return [process for process in descendants(self.pid) if process.name.startswith("poolapp")]

    def get(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as response:
            answer: dict[str, Any] = json.load(response)
        return answer

    def answers(self) -> bool:
        """Whether somebody listens on the port."""
        assert self.process.poll() is None, self.output
        return listens(self.port)

    def wait_for_pools(self, count: int) -> None:
        eventually(lambda: self.ready_pools() == count and self.answers(), within=READY_WITHIN)


@contextmanager
def run(directory: Path, *command: str, **environment: str) -> Iterator[Running]:
    """Run a Python command; `{port}` in it is a free port. What is left of it at the end is killed."""
    port = free_port()
    log = directory / "log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, *(part.format(port=port) for part in command)],
            cwd=ROOT,
            env=_environment(directory) | environment,
            text=True,
            stdout=errors,
            stderr=errors,
            preexec_fn=heed_signals,
        )
    running = Running(process, directory, log, port)
    try:
        yield running
    finally:
        for left in [*(child.pid for child in descendants(process.pid)), process.pid]:
            if left != process.pid or process.poll() is None:
                _kill(left)
        process.wait()


def heed_signals() -> None:
    """Die of these, as what a service manager starts does: whoever runs the tests may ignore them."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def listens(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def pools_below(running: Running) -> dict[str, int]:
    return dict(pool_processes(running.pid))


def _environment(directory: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("POOLAPP", "PYTEST"))}
    return inherited | {
        "DJANGO_SETTINGS_MODULE": "tests.servers.settings",
        "POOLAPP_DEMO_DIR": str(directory),
        "PYTHONUNBUFFERED": "1",
    }


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
