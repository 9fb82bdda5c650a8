"""The tests on the servers that sites use, beside each other and beside other tests: they wait more than they work."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.running import listens

ROOT = Path(__file__).parents[1]
EVERYTHING = ("tests/app", "tests/dashboard", "tests/monitoring")
# With a pool of connections, what connects: workers, the housekeeper, views.
CONNECTING = ("tests/app/test_worker_setup.py", "tests/app/test_recorder.py", "tests/app/test_pools.py")
ABOUT = ("--quiet", "--no-header", "-m", "not sqlite", "-p", "no:cacheprovider")


@dataclass(frozen=True)
class Server:
    """Where the tests' tables are (a key of SERVERS in tests.settings), what that needs, and what is tested there."""

    name: str
    port: int
    driver: str
    tests: tuple[str, ...] = EVERYTHING
    at_least: int = 500  # so many tests


SERVERS = (
    Server("postgresql", 5432, "psycopg"),
    Server("postgresql-pool", 5432, "psycopg_pool", CONNECTING, 50),
    Server("mariadb", 3306, "MySQLdb"),
)


@dataclass(frozen=True)
class Run:
    """The tests on one server, in a process of their own and in a database that is dropped afterwards."""

    process: subprocess.Popen[str]
    log: Path

    def outcome(self) -> tuple[int, str]:
        """Its exit code and what it said, once it is over."""
        return self.process.wait(), self.log.read_text()


Runs = dict[str, Run]
runs_beside: set[int] = set()
"""The process ids of all runs, which are nobody's leftovers."""


@contextmanager
def running(directory: Path) -> Iterator[Runs]:
    """Runs on every server that there is, by its name."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "POOLAPP_TEST"))}
    runs: Runs = {}
    try:
        for server in SERVERS:
            if importlib.util.find_spec(server.driver) and listens(server.port):
                environment = {"POOLAPP_TEST_DATABASE": server.name, "POOLAPP_TEST_REQUIRE_ALL": "1"}
                runs[server.name] = _start(server, inherited | environment, directory / f"{server.name}.log")
        yield runs
    finally:
        for run in runs.values():
            run.process.kill()
            run.process.wait()


def _start(server: Server, environment: dict[str, str], log: Path) -> Run:
    command = [sys.executable, "-m", "pytest", *server.tests, *ABOUT]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output, text=True)
    runs_beside.add(process.pid)
    return Run(process, log)
