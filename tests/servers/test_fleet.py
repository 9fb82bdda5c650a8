"""Two server processes behind one PostgreSQL and one Redis: each shows both, and each controls both."""

from __future__ import annotations

import os
import signal
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.app.gates import Gate
from tests.app.polling import eventually
from tests.conftest import require
from tests.servers import redis as own_redis
from tests.servers.redis import Redis, running_redis
from tests.servers.running import Running, listens, run
from tests.servers.test_servers import DAPHNE
from tests.servers.visitor import DASHBOARD, SUPERUSER, Visitor, frame_with, speaks_for

pytestmark = pytest.mark.slow
SECONDS = 20
PORT = 5432


@dataclass
class Fleet:
    """Two server processes, what they share, and somebody who looks at the first."""

    first: Running
    second: Running
    redis: Redis
    database: psycopg.Connection[Any]
    visitor: Visitor

    def value(self, query: str, *arguments: object) -> Any:
        row = self.database.execute(query, arguments).fetchone()
        return row[0] if row else None

    def pools(self) -> dict[int, dict[str, Any]]:
        """The pools that the first process knows of, by their processes."""
        return {pool["pid"]: pool for pool in self.visitor.get(f"{DASHBOARD}data/")["pools"]}


@pytest.fixture
def database() -> Iterator[psycopg.Connection[Any]]:
    require(listens(PORT), f"needs a server of PostgreSQL on port {PORT}")
    name = f"poolapp_fleet_{os.getpid()}"
    about = {"host": "127.0.0.1", "user": "postgres", "autocommit": True}
    with psycopg.connect(dbname="postgres", **about) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name}")
        server.execute(f"CREATE DATABASE {name}")
        with psycopg.connect(dbname=name, **about) as own:
            yield own
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def fleet(tmp_path: Path, database: psycopg.Connection[Any]) -> Iterator[Fleet]:
    require(own_redis.is_installed(), "needs redis-server")
    with ExitStack() as stack:
        redis = stack.enter_context(running_redis(tmp_path))
        shared = {"POOLAPP_TEST_POSTGRESQL": database.info.dbname, "POOLAPP_TEST_REDIS": redis.url}
        for number, command in enumerate((("migrate", "-v", "0"), ("createsuperuser", "--noinput"))):
            with run(_directory(tmp_path, f"command-{number}"), "manage.py", *command, **shared, **SUPERUSER) as ran:
                assert ran.process.wait(60) == 0, ran.output
        servers = [
            stack.enter_context(run(_directory(tmp_path, name), *DAPHNE.command, **shared)) for name in ("one", "two")
        ]
        query = "SELECT count(*) FROM poolapp_poolinstance WHERE stopped_at IS NULL AND (snapshot->>'ready')::bool"
        eventually(lambda: database.execute(query).fetchone() == (2,) and all(s.answers() for s in servers), within=60)
        yield Fleet(*servers, redis, database, Visitor(servers[0]))


def _directory(parent: Path, name: str) -> Path:
    (parent / name).mkdir()
    return parent / name


def test_the_dashboard_of_one_is_live_for_both(fleet: Fleet, tmp_path: Path):
    gate = Gate(tmp_path / "gate")
    with fleet.visitor.watch() as socket:
        frame_with(socket, lambda frame: speaks_for(frame, fleet.first.pid))
        frame_with(socket, lambda frame: speaks_for(frame, fleet.second.pid))

        task = fleet.second.get(f"/sample/hold/?gate={urllib.parse.quote(gate.path)}")

        def tells_of_it(frame: dict[str, Any]) -> bool:
            return any(event.get("task_id") == task["task_id"] for event in frame["events"])

        frame_with(socket, tells_of_it)
        gate.open()


def test_what_is_asked_at_one_is_carried_out_by_the_other(fleet: Fleet):
    pool = fleet.pools()[fleet.second.pid]
    before = {worker["pid"] for worker in pool["workers"]}

    asked = time.monotonic()
    request = fleet.visitor.control("pause", pool)
    eventually(lambda: status(fleet, request) == "done")
    print(f"a request by way of Redis: {(time.monotonic() - asked) * 1000:.0f} ms")
    restart = fleet.visitor.control("restart", pool)
    eventually(lambda: status(fleet, restart) == "done", within=SECONDS)

    def replaced() -> bool:
        now = fleet.pools()[fleet.second.pid]["workers"]
        return len(now) == 2 and not before & {worker["pid"] for worker in now}

    eventually(replaced)
    entry = "SELECT count(*) FROM django_admin_log WHERE change_message LIKE '%%request ' || %s || '%%'"
    assert fleet.value(entry, str(restart["command"])) == 1


def status(fleet: Fleet, request: dict[str, Any]) -> str:
    return str(fleet.value("SELECT status FROM poolapp_poolcommand WHERE id = %s", request["command"]))


def test_one_that_is_killed_is_shown_lost_and_its_records_are_closed(fleet: Fleet, tmp_path: Path):
    gate = Gate(tmp_path / "gate")
    task = fleet.second.get(f"/sample/hold/?gate={urllib.parse.quote(gate.path)}")
    query = "SELECT status FROM poolapp_taskrecord WHERE id = %s"
    eventually(lambda: fleet.value(query, task["task_id"]) == "running")

    killed = time.monotonic()
    os.kill(fleet.second.pid, signal.SIGKILL)

    eventually(lambda: not fleet.pools()[fleet.second.pid]["alive"], within=SECONDS)
    print(f"a killed process is shown as lost after {time.monotonic() - killed:.1f} s")
    eventually(lambda: fleet.value(query, task["task_id"]) == "failed", within=SECONDS)
    print(f"its record is closed after {time.monotonic() - killed:.1f} s")
    gate.tear_down()


def test_a_redis_that_dies_and_comes_back(fleet: Fleet):
    with fleet.visitor.watch() as socket:
        frame_with(socket, lambda frame: speaks_for(frame, fleet.second.pid))
        fleet.redis.kill()
        with pytest.raises((ConnectionClosed, TimeoutError, AssertionError)):
            frame_with(socket, lambda frame: False, within=10)

    pool = fleet.pools()[fleet.second.pid]
    request = fleet.visitor.control("pause", pool)
    eventually(lambda: status(fleet, request) == "done", within=SECONDS)
    assert fleet.first.get("/sample/worker/")["pid"] == fleet.first.pid, "tasks run all the same"

    fleet.redis.start()
    eventually(lambda: is_live_again(fleet), within=60)


def is_live_again(fleet: Fleet) -> bool:
    """Whether the socket opens, and has frames of both."""
    try:
        with fleet.visitor.watch() as socket:
            for server in (fleet.first, fleet.second):
                frame_with(socket, lambda frame, pid=server.pid: speaks_for(frame, pid))
    except (WebSocketException, TimeoutError, AssertionError):
        return False
    return True
