"""The tests of what meets the database, on the servers that sites use."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import require
from tests.servers.running import listens

ROOT = Path(__file__).parents[1]
EVERYTHING = ("tests/app", "tests/dashboard", "tests/monitoring")
# With a pool of connections, what connects: workers, the housekeeper, views.
CONNECTING = ("tests/app/test_worker_setup.py", "tests/app/test_recorder.py", "tests/app/test_pools.py")
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


@pytest.mark.slow
@pytest.mark.timeout(60 * MINUTES)
@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_the_tests_pass_on(server: Server):
    """In a process of its own, and in a database that is dropped afterwards."""
    require(importlib.util.find_spec(server.driver), f"needs {server.driver}")
    require(listens(server.port), f"needs a server for {server.name} on port {server.port}")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "POOLAPP_TEST"))}
    about = [*server.tests, "--quiet", "--no-header", "-m", "not sqlite", "-p", "no:cacheprovider"]

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *about],
        cwd=ROOT,
        env=environment | {"POOLAPP_TEST_DATABASE": server.name, "POOLAPP_TEST_REQUIRE_ALL": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    last = ran.stdout.strip().splitlines()[-1]
    print(f"{server.name}: {last}")
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    counted = re.search(r"(\d+) passed", last)
    assert counted, last
    assert int(counted[1]) > server.at_least
