"""Where a server says that it ends, tasks that run are let finish, up to a limit."""

from __future__ import annotations

import dataclasses
import importlib.util
import signal
import urllib.parse
from pathlib import Path

import pytest

from tests.app.gates import Gate
from tests.app.polling import eventually, lives
from tests.conftest import require
from tests.servers.processes import descendants, pool_processes
from tests.servers.running import Running, run
from tests.servers.test_servers import GUNICORN, SERVERS, UVICORN, Server

pytestmark = pytest.mark.slow
HOOKS = ("-c", "python:tests.servers.gunicorn_hooks")


def with_hooks(server: Server) -> Server:
    return dataclasses.replace(server, command=(*server.command, *HOOKS))


BY_NAME = {server.name: server for server in SERVERS}
THAT_TELL = [
    UVICORN,
    BY_NAME["uvicorn --workers 2"],
    BY_NAME["granian"],
    BY_NAME["hypercorn"],
    BY_NAME["gunicorn -k asgi"],
    *(with_hooks(BY_NAME[name]) for name in ("gunicorn -w 2", "gunicorn -k gthread")),
]


@pytest.mark.parametrize("server", THAT_TELL, ids=lambda server: server.name)
def test_a_task_that_runs_finishes_before_the_server_ends(directory: Path, tmp_path: Path, server: Server):
    require(importlib.util.find_spec(server.module), f"needs {server.module}")
    gate = Gate(tmp_path / "gate")
    with run(directory, *server.command) as running:
        running.wait_for_pools(server.serving)
        task = running.get(f"/sample/hold/?gate={urllib.parse.quote(str(gate.path))}")
        gate.wait_for_task()
        everybody = [running.pid, *(process.pid for process in descendants(running.pid))]

        running.process.send_signal(signal.SIGTERM)
        eventually(lambda: state(running, task["pid"]) == "stopping", within=20)
        gate.open()

        running.process.wait(20)
        eventually(lambda: not any(map(lives, everybody)))
        assert status(running, task["task_id"]) == "executed", running.output


def test_a_task_that_does_not_end_is_left_after_the_limit(directory: Path, tmp_path: Path):
    gate = Gate(tmp_path / "gate")
    with run(directory, *UVICORN.command, POOLAPP_TEST_SHUTDOWN_TIMEOUT="0.5") as running:
        running.wait_for_pools(1)
        task = running.get(f"/sample/hold/?gate={urllib.parse.quote(str(gate.path))}")
        gate.wait_for_task()

        running.process.send_signal(signal.SIGTERM)

        running.process.wait(20)
        assert status(running, task["task_id"]) == "failed"
        assert "ends with 1 running tasks (tests.sampleapp.tasks.hold (1)) and 0 that wait" in running.output
    gate.tear_down()


def test_with_its_hook_gunicorn_starts_pools_also_when_it_loads_the_site_first(directory: Path):
    require(importlib.util.find_spec("gunicorn"), "needs gunicorn")
    with run(directory, *GUNICORN.command, *HOOKS, "--preload") as running:
        running.wait_for_pools(2)

        assert pool_processes(running.pid) == {"poolapp-nursery": 2, "poolapp-worker": 4}
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(20)


def state(running: Running, pid: int) -> str:
    """What the pool of a server process says of itself."""
    [(word,)] = running.rows(f"SELECT json_extract(snapshot, '$.state') FROM poolapp_poolinstance WHERE pid = {pid}")
    return str(word)


def status(running: Running, task_id: str) -> str:
    [(word,)] = running.rows(f"SELECT status FROM poolapp_taskrecord WHERE id = '{task_id.replace('-', '')}'")
    return str(word)
