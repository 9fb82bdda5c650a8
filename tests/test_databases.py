"""The tests of what meets the database, on the servers that sites use."""

from __future__ import annotations

import importlib.util
import re

import pytest

from tests.conftest import Tell, require
from tests.databases import SERVERS, Runs, Server
from tests.servers.running import listens

MINUTES = 12


@pytest.mark.slow
@pytest.mark.leaves_workers  # of the runs that go on beside
@pytest.mark.timeout(60 * MINUTES)
@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_the_tests_pass_on(server: Server, database_runs: Runs, tell: Tell):
    require(importlib.util.find_spec(server.driver), f"needs {server.driver}")
    require(listens(server.port), f"needs a server for {server.name} on port {server.port}")

    code, said = database_runs[server.name].outcome()

    last = said.strip().splitlines()[-1]
    tell("databases", f"{server.name:15} {last}")
    assert code == 0, said
    counted = re.search(r"(\d+) passed", last)
    assert counted, last
    assert int(counted[1]) > server.at_least
