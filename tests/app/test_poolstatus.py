"""`manage.py poolstatus`, mostly from another process than the one that owns the pools: this one."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django.utils.dateparse import parse_datetime

import poolapp
from poolapp import pools as running_pools
from poolapp.models import PoolInstance
from tests.app.conftest import ROOT, manage
from tests.app.polling import eventually
from tests.app.test_heartbeat import SHAPE, SHAPE_OF_A_WORKER
from tests.sampleapp import tasks

SECONDS = 30
POOL_KEYS = {"alias", "host", "pid", "started_at", "heartbeat_age", "alive", "snapshot"}


@pytest.fixture
def ready_pools(thread_pools: None) -> None:
    """Both pools of the tests, ready, also in the eyes of others."""
    running_pools.start()
    eventually(lambda: PoolInstance.objects.filter(snapshot__ready=True).count() == 2)


def status(*arguments: str) -> tuple[int, str]:
    """The exit code and the output of the command, run in this process."""
    out = StringIO()
    try:
        call_command("poolstatus", *arguments, stdout=out, no_color=True)
    except SystemExit as exc:
        return int(exc.code or 0), out.getvalue()
    return 0, out.getvalue()


def pools_of(output: str) -> list[dict[str, Any]]:
    found = json.loads(output)
    assert list(found) == ["pools"]
    return found["pools"]


def stranger(**fields: object) -> PoolInstance:
    """A pool that seems to live in another process, not ready yet."""
    now = timezone.now()
    about = {"alias": "default", "host": "elsewhere", "pid": 1, "started_at": now, "heartbeat_at": now}
    snapshot = poolapp.Pool(poolapp.PoolOptions(worker="thread", min_size=1)).snapshot()
    return PoolInstance.objects.create(**about | {"snapshot": snapshot} | fields)


class TestJson:
    @pytest.mark.slow
    def test_from_another_process_it_shows_every_live_pool(self, pools):
        running_pools.start()
        eventually(lambda: PoolInstance.objects.filter(snapshot__ready=True).count() == 2)
        poolapp.execute(tasks.add, 1).result(SECONDS)
        eventually(PoolInstance.objects.filter(snapshot__executed_tasks=1).exists)

        ran = manage("poolstatus", "--json")

        assert (ran.returncode, ran.stderr) == (0, "")
        default, threads = pools_of(ran.stdout)
        assert default.keys() == threads.keys() == POOL_KEYS
        assert (default["alias"], threads["alias"]) == ("default", "threads")
        assert (default["host"], default["pid"]) == (socket.gethostname(), os.getpid())
        assert parse_datetime(default["started_at"]) <= timezone.now()
        assert 0 <= default["heartbeat_age"] < 5
        assert default["alive"] is True
        assert default["snapshot"]["executed_tasks"] == 1

    def test_a_snapshot_has_all_figures_and_its_workers(self, ready_pools):
        _, output = status("--json", "--pool", "default")

        [pool] = pools_of(output)
        assert pool["snapshot"].keys() >= SHAPE
        mine = poolapp.get_pool().snapshot()["workers"]
        shown = pool["snapshot"]["workers"]
        assert [worker["pid"] for worker in shown] == [worker["pid"] for worker in mine]
        assert all(worker.keys() >= SHAPE_OF_A_WORKER for worker in shown)
        assert [worker["state"] for worker in shown] == ["idle", "idle"]


@pytest.mark.usefixtures("ready_pools")
class TestText:
    def test_it_has_a_line_for_every_pool_and_every_worker(self):
        code, output = status()

        assert code == 0
        lines = output.splitlines()
        assert lines[0].startswith(f"default on {socket.gethostname()}, process {os.getpid()}: ready (heard of ")
        assert lines[1].strip() == "0 of 2 thread workers busy, 0 queued, 0 executing, 0 executed, 0 failed"
        assert [line.split()[:2] for line in lines[2:4]] == [["worker", "1"], ["worker", "2"]]
        for line, worker in zip(lines[2:4], poolapp.get_pool().snapshot()["workers"], strict=True):
            assert f"pid {worker['pid']:>7}  idle" in line
        assert lines[4].startswith("threads on ")

    def test_it_shows_what_runs_and_waits(self, gates):
        held = [gates(), gates()]
        for gate in held:
            tasks.hold.execute(gate.path)
            gate.wait_for_task()
        tasks.add.execute(1)
        eventually(PoolInstance.objects.filter(alias="default", snapshot__queued_tasks=1).exists)

        _, output = status("--pool", "default")

        assert "thread workers busy, 1 queued, 2 executing, 0 executed" in output
        assert "default on" in output
        assert ": busy (heard of" in output
        for gate in held:
            gate.open()


def test_what_a_database_says_cannot_command_a_terminal(db: None):
    pool = stranger(host="else\x1b[2Jwhere\nforged: ready")
    pool.snapshot |= {"trouble": "bad\x07\nworse"}
    pool.save()

    _, output = status()

    assert "default on else\\x1b[2Jwhere" in output
    assert "\n    worse\n" in output
    assert "\nforged" in output, "as what it is: another line of the same text"
    assert not set(output) & {"\x1b", "\x07"}


@pytest.mark.usefixtures("ready_pools")
class TestOnePool:
    def test_by_its_alias(self):
        code, output = status("--json", "--pool", "threads")

        assert code == 0
        assert [pool["alias"] for pool in pools_of(output)] == ["threads"]

    def test_that_does_not_exist(self):
        assert status("--json", "--pool", "gpu") == (1, '{\n  "pools": []\n}\n')
        assert status("--pool", "gpu") == (1, "No live pool with the alias gpu. Is the site being served?\n")


@pytest.mark.django_db(transaction=True)
class TestExitCode:
    @pytest.mark.slow
    def test_1_where_no_pool_lives(self):
        ran = manage("poolstatus")

        assert ran.returncode == 1
        assert ran.stdout == "No live pool. Is the site being served?\n"

    def test_1_for_a_pool_that_is_not_ready(self):
        stranger()

        code, output = status("--json")

        assert code == 1
        assert [pool["snapshot"]["ready"] for pool in pools_of(output)] == [False]

    def test_1_for_a_pool_that_is_not_ready_among_others(self, ready_pools):
        stranger(alias="z")

        assert status()[0] == 1
        assert status("--pool", "default")[0] == 0

    @pytest.mark.parametrize(
        "verb, state, code",
        [("drain", "drained", 1), ("pause", "paused", 0)],
    )
    def test_it_is_what_the_health_view_would_answer(self, ready_pools, verb, state, code):
        call_command("poolcontrol", verb, "--pool", "default", stdout=StringIO())
        eventually(PoolInstance.objects.filter(alias="default", snapshot__state=state).exists)

        assert status("--pool", "default")[0] == code
        assert status("--pool", "threads")[0] == 0

    def test_0_when_only_pools_that_have_ended_are_not_ready(self, ready_pools):
        stranger(stopped_at=timezone.now())
        stranger(heartbeat_at=timezone.now() - timedelta(seconds=11))

        code, output = status("--json")

        assert code == 0
        assert len(pools_of(output)) == 2

    def test_1_once_the_pools_have_stopped(self, ready_pools):
        running_pools.stop()

        assert status()[0] == 1


@pytest.mark.slow
@pytest.mark.usefixtures("ready_pools")
class TestWatch:
    @pytest.fixture
    def watching(self) -> Iterator[subprocess.Popen[str]]:
        environment = os.environ | {"PYTHONWARNINGS": "error", "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "manage.py", "poolstatus", "--json", "--watch", "0.1"]
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            yield process
            process.kill()

    def test_it_prints_again_and_again_until_it_is_interrupted(self, watching):
        poolapp.execute(tasks.add, 1).result(SECONDS)
        assert watching.stdout
        shown: list[dict[str, Any]] = []
        for line in watching.stdout:
            shown.append(pools_of(line)[0])
            if len(shown) >= 3 and shown[-1]["snapshot"]["executed_tasks"] == 1:
                break

        watching.send_signal(signal.SIGINT)
        _, errors = watching.communicate(timeout=10)

        assert (watching.returncode, errors) == (0, "")


@pytest.mark.parametrize("pause", ["0", "-1", "inf", "nan", "soon"])
def test_a_pause_that_is_none_is_refused(pause):
    with pytest.raises(CommandError, match="--watch"):
        call_command("poolstatus", f"--watch={pause}")


@pytest.mark.sqlite
def test_without_tables_one_line_says_what_to_do(tmp_path):
    ran = manage("poolstatus", POOLAPP_TEST_DIR=str(tmp_path))

    assert ran.returncode == 1
    assert "has `manage.py migrate` been run?" in ran.stderr
    assert "Traceback" not in ran.stderr
