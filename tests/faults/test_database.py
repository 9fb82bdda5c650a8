"""A PostgreSQL server that closes its connections, or takes nothing: tasks go on, and all is recorded afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.workloads.observers_database import SERVER, connect, why_no_postgresql
from tests.conftest import require
from tests.engine.polling import eventually

ROOT = Path(__file__).parents[2]
SECONDS = 30.0
EXECUTED = "SELECT count(*) FROM poolapp_taskrecord WHERE status = 'executed'"
OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"


class Database:
    """A database of our own, with the rights of the server's owner."""

    def __init__(self, name: str, connection: Any) -> None:
        self.name = name
        self._connection = connection

    def executed(self) -> int:
        """How many tasks have a finished record."""
        import psycopg

        with psycopg.connect(**{**SERVER, "dbname": self.name}, autocommit=True) as connection:
            (count,) = connection.execute(EXECUTED).fetchone() or (0,)
            return int(count)

    def close_connections(self) -> None:
        self._connection.execute(OTHERS, [self.name])

    def take_nothing(self, value: bool) -> None:
        """Refuse to write, or no longer, in connections that are made from now on."""
        setting = "on" if value else "off"
        self._connection.execute(f"ALTER DATABASE {self.name} SET default_transaction_read_only = {setting}")
        self.close_connections()

    def allow_connections(self, value: bool) -> None:
        self._connection.execute(f"ALTER DATABASE {self.name} WITH ALLOW_CONNECTIONS {str(value).lower()}")
        if not value:
            self.close_connections()


class Site:
    """A process whose pool records its tasks in that database."""

    def __init__(self, database: Database) -> None:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.faults.site_settings",
            "POOLAPP_FAULTS_DATABASE": database.name,
        }
        command = [sys.executable, "-m", "tests.faults.site"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **pipes)  # type: ignore[call-overload]
        assert self._hear() == "there"

    def run(self, count: int) -> int:
        """Run so many tasks; how many came to a good end."""
        return int(self._ask(f"run {count}"))

    def recording(self) -> dict[str, Any]:
        return dict(json.loads(self._ask("recording")))

    def end(self) -> None:
        self.process.stdin.close()
        try:
            assert self.process.wait(SECONDS) == 0
        finally:
            self.process.kill()
            self.process.stdout.close()

    def _ask(self, question: str) -> str:
        self.process.stdin.write(f"{question}\n")
        self.process.stdin.flush()
        return self._hear()

    def _hear(self) -> str:
        return str(self.process.stdout.readline()).strip()


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    missing = why_no_postgresql()
    require(not missing, f"needs PostgreSQL: {missing}")
    name = f"poolapp_faults_{os.getpid()}"
    with connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield Database(name, connection)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def site(database: Database) -> Iterator[Site]:
    site = Site(database)
    yield site
    site.end()


def trouble(site: Site) -> str:
    return site.recording()["recording_trouble"] or ""


def test_f62_connections_that_are_closed_are_opened_again(site: Site, database: Database):
    before = database.executed()
    assert site.run(50) == 50
    eventually(lambda: database.executed() == before + 50, SECONDS)

    database.close_connections()

    assert site.run(50) == 50
    eventually(lambda: database.executed() == before + 100, SECONDS)


def test_f62_a_database_that_is_read_only_is_said_and_made_up_for(site: Site, database: Database):
    before = database.executed()
    database.take_nothing(True)

    assert site.run(50) == 50
    eventually(lambda: "read-only" in trouble(site), SECONDS)
    assert database.executed() == before
    database.take_nothing(False)

    eventually(lambda: database.executed() == before + 50, SECONDS)
    eventually(lambda: not trouble(site), SECONDS)
    assert site.recording()["dropped_records"] == 0


def test_f62_a_server_that_cannot_be_reached_is_said_and_made_up_for(site: Site, database: Database):
    before = database.executed()
    database.allow_connections(False)

    assert site.run(50) == 50
    eventually(lambda: "OperationalError" in trouble(site), SECONDS)
    assert site.run(50) == 50
    database.allow_connections(True)

    eventually(lambda: database.executed() == before + 100, SECONDS)
    assert site.recording()["dropped_records"] == 0
