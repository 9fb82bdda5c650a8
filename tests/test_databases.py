"""The tests of what meets the database, on the servers that sites use."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import require
from tests.servers.running import listens

ROOT = Path(__file__).parents[1]
EVERYTHING = ("tests/app", "tests/dashboard", "tests/monitoring")
# With a pool of connections, what connects: workers, the housekeeper, views.
CONNECTING = ("tests/app/test_worker_setup.py", "tests/app/test_recorder.py", "tests/app/test_pools.py")
ABOUT = ("--quiet", "--no-header", "-m", "not sqlite", "-p", "no:cacheprovider")
MINUTES = 12


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


Runs = dict[str, subprocess.Popen[str]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """The tests on every server that there is, all at the same time: they wait more than they work.

    Each is in a process of its own, and in a database that is dropped afterwards.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "POOLAPP_TEST"))}
    started: Runs = {}
    for server in SERVERS:
        if importlib.util.find_spec(server.driver) and listens(server.port):
            environment = {"POOLAPP_TEST_DATABASE": server.name, "POOLAPP_TEST_REQUIRE_ALL": "1"}
            with (tmp_path_factory.getbasetemp() / f"{server.name}.log").open("w") as log:
                started[server.name] = subprocess.Popen(
                    [sys.executable, "-m", "pytest", *server.tests, *ABOUT],
                    cwd=ROOT,
                    env=inherited | environment,
                    stdout=log,
                    stderr=log,
                    text=True,
                )
    yield started
    for run in started.values():
        run.kill()
        run.wait()


@pytest.mark.slow
@pytest.mark.leaves_workers  # of the runs that go on beside
@pytest.mark.timeout(60 * MINUTES)
@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_the_tests_pass_on(server: Server, runs: Runs, tmp_path_factory: pytest.TempPathFactory):
    require(importlib.util.find_spec(server.driver), f"needs {server.driver}")
    require(listens(server.port), f"needs a server for {server.name} on port {server.port}")

    code = runs[server.name].wait()

    said = (tmp_path_factory.getbasetemp() / f"{server.name}.log").read_text()
    last = said.strip().splitlines()[-1]
    print(f"{server.name}: {last}")
    assert code == 0, said
    counted = re.search(r"(\d+) passed", last)
    assert counted, last
    assert int(counted[1]) > server.at_least
