"""Servers have their pools from the start, one set for each process that serves, and nothing outlives them."""

from __future__ import annotations

import importlib.util
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.app.polling import eventually, lives
from tests.conftest import Tell, require
from tests.servers.processes import descendants
from tests.servers.running import Running, pools_below, run

pytestmark = pytest.mark.slow
ADDRESS = "127.0.0.1:{port}"
ASKED = (True, "a server has asked for the application")
NURSERY = (False, "a pool's worker")
END_WITHIN = 5.0
GONE_WITHIN = 2.0
REQUESTS = 50


@dataclass(frozen=True)
class Server:
    """How a server is started, and what each of its processes is to say about pools."""

    name: str
    command: tuple[str, ...]
    verdicts: tuple[tuple[bool, str], ...] = (ASKED,)
    module: str = "django"

    @property
    def serving(self) -> int:
        return sum(serves for serves, _ in self.verdicts)


RUNSERVER = Server(
    "runserver",
    ("manage.py", "runserver", ADDRESS),
    ((False, "runserver, the process that watches for changes"), (True, "runserver, the process that serves")),
)
DAPHNE = Server(
    "daphne",
    ("-m", "daphne", "-b", "127.0.0.1", "-p", "{port}", "project.asgi:application"),
    module="daphne",
)
UVICORN = Server(
    "uvicorn",
    ("-m", "uvicorn", "--host", "127.0.0.1", "--port", "{port}", "project.asgi:application"),
    module="uvicorn",
)
GUNICORN = Server(
    "gunicorn -w 2",
    ("-m", "gunicorn", "-w", "2", "-b", ADDRESS, "project.wsgi"),
    (ASKED, ASKED),
    module="gunicorn",
)
SERVERS = [
    RUNSERVER,
    Server(
        "runserver --noreload",
        ("manage.py", "runserver", "--noreload", ADDRESS),
        ((True, "runserver without reloader"),),
    ),
    DAPHNE,
    UVICORN,
    Server("uvicorn --workers 2", (*UVICORN.command, "--workers", "2"), (ASKED, ASKED), module="uvicorn"),
    Server("uvicorn --reload", (*UVICORN.command, "--reload", "--reload-dir", "project"), module="uvicorn"),
    GUNICORN,
    Server("gunicorn -k gthread", (*GUNICORN.command, "-k", "gthread", "--threads", "4"), (ASKED, ASKED), "gunicorn"),
    Server(
        "gunicorn -k asgi",
        ("-m", "gunicorn", "-w", "2", "-b", ADDRESS, "-k", "asgi", "project.asgi:application"),
        (ASKED, ASKED),
        "gunicorn",
    ),
    Server(
        "hypercorn",
        ("-m", "hypercorn", "-b", ADDRESS, "project.asgi:application"),
        module="hypercorn",
    ),
    Server(
        "granian",
        ("-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", "{port}", "project.asgi:application"),
        module="granian",
    ),
]


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_pools_start_with_the_server_and_end_with_it(directory: Path, server: Server, tell: Tell):
    """One pool for each process that serves: by what they say, by the database, and by the process tree."""
    require(importlib.util.find_spec(server.module), f"needs {server.module}")

    with run(directory, *server.command) as running:
        running.wait_for_pools(server.serving)

        assert sorted(running.verdicts) == sorted(server.verdicts + (NURSERY,) * server.serving)
        reasons = {reason for serves, reason in server.verdicts if serves}
        assert {report["reason"] for report in running.self_reports()} == reasons
        assert {report["server"].split()[0] for report in running.self_reports()} == {server.name.split()[0]}
        assert sorted(running.owners()) == sorted(running.serving_pids)
        assert pools_below(running) == {"poolapp-nursery": server.serving, "poolapp-worker": 2 * server.serving}
        answers = [running.get("/sample/worker/") for _ in range(REQUESTS)]
        assert {answer["pid"] for answer in answers} <= set(running.serving_pids)
        assert {answer["worker_pid"] for answer in answers} <= {process.pid for process in running.pool_processes()}
        everybody, seconds = stop(running, signal.SIGTERM)
        left = sum(map(lives, everybody))
        counts = f"pools: {server.serving}, {len(answers)} tasks served, {len(everybody)} processes"
        tell("servers", f"{server.name:20} {counts}, stopped in {seconds:.2f} s, {left} left")


def stop(running: Running, signum: int) -> tuple[list[int], float]:
    """End a server; it must be gone within five seconds with all its processes. Who that was, and how long it took."""
    everybody = [running.pid, *(process.pid for process in descendants(running.pid))]
    began = time.monotonic()

    running.process.send_signal(signum)

    running.process.wait(END_WITHIN)
    eventually(lambda: not any(map(lives, everybody)), within=max(0.1, began + END_WITHIN - time.monotonic()))
    return everybody, time.monotonic() - began


# Granian and Hypercorn have no handlers of these: their first process dies of them, and the one that serves goes on.
SIGNALS = [
    *((server, signal.SIGQUIT) for server in (DAPHNE, UVICORN, GUNICORN)),
    *((server, signal.SIGHUP) for server in (DAPHNE, UVICORN)),
]


@pytest.mark.parametrize("server, signum", SIGNALS, ids=lambda value: getattr(value, "name", value))
def test_other_signals_that_end_a_server_leave_nothing_either(directory: Path, server: Server, signum: int):
    require(importlib.util.find_spec(server.module), f"needs {server.module}")

    with run(directory, *server.command) as running:
        running.wait_for_pools(server.serving)

        stop(running, signum)


def test_gunicorn_that_reloads_gets_new_pools_and_ends_the_old_ones(directory: Path):
    require(importlib.util.find_spec("gunicorn"), "needs gunicorn")

    with run(directory, *GUNICORN.command) as running:
        running.wait_for_pools(2)
        before = running.pool_processes()

        running.process.send_signal(signal.SIGHUP)

        eventually(lambda: len(set(running.owners())) == 4, within=30)
        eventually(lambda: not any(lives(process.pid) for process in before), within=10)
        running.wait_for_pools(2)
        assert running.get("/sample/worker/")["pid"] in running.serving_pids[2:]
        assert pools_below(running) == {"poolapp-nursery": 2, "poolapp-worker": 4}


@pytest.mark.parametrize("server", [RUNSERVER, DAPHNE, UVICORN, GUNICORN], ids=lambda server: server.name)
def test_a_server_that_is_killed_leaves_no_worker_behind(directory: Path, server: Server):
    require(importlib.util.find_spec(server.module), f"needs {server.module}")

    with run(directory, *server.command) as running:
        running.wait_for_pools(server.serving)
        victim = running.serving_pids[0]
        its_pool = [process.pid for process in descendants(victim)]
        assert len(its_pool) == 3

        os.kill(victim, signal.SIGKILL)

        eventually(lambda: not any(map(lives, its_pool)), within=GONE_WITHIN)


def test_ctrl_c_ends_a_server(directory: Path):
    with run(directory, *DAPHNE.command) as running:
        running.wait_for_pools(1)

        stop(running, signal.SIGINT)

        assert running.rows("SELECT count(*) FROM poolapp_poolinstance WHERE stopped_at IS NULL") == [(0,)]


def test_gunicorn_that_loads_the_site_first_starts_pools_after_the_fork(directory: Path):
    """Its arbiter sets Django up and has no pool; each worker starts one with its first task."""
    require(importlib.util.find_spec("gunicorn"), "needs gunicorn")

    with run(directory, *GUNICORN.command, "--preload") as running:
        eventually(running.answers, within=30)
        assert running.verdicts == [(False, "gunicorn's arbiter, before it forks")]
        assert pools_below(running) == {}

        answers = [running.get("/sample/worker/") for _ in range(20)]

        owners = {answer["pid"] for answer in answers}
        assert running.pid not in owners
        assert set(running.owners()) == owners
        eventually(lambda: pools_below(running)["poolapp-worker"] == 2 * len(owners))
        assert pools_below(running)["poolapp-nursery"] == len(owners)
        stop(running, signal.SIGTERM)


@pytest.mark.parametrize(
    "word, verdict", [("lazy", (False, "AUTOSTART is 'lazy'")), ("never", (False, "AUTOSTART is 'never'"))]
)
def test_the_environment_keeps_a_server_from_starting_pools(directory: Path, word: str, verdict: tuple[bool, str]):
    with run(directory, *DAPHNE.command, POOLAPP_AUTOSTART=word) as running:
        eventually(running.answers, within=30)

        assert running.verdicts == [verdict]
        assert descendants(running.pid) == []
        assert "starts a process" not in running.output
