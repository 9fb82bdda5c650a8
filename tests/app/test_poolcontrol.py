"""`manage.py poolcontrol`: pause, resume, resize, strategy, cancel."""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

import poolapp
from poolapp import pools as running_pools
from poolapp.models import PoolCommand, PoolInstance, TaskRecord
from tests.app.conftest import manage
from tests.app.gates import Gate
from tests.app.polling import eventually
from tests.sampleapp import tasks

SECONDS = 30
UNKNOWN = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(autouse=True)
def ready(thread_pools: None) -> None:
    running_pools.start()
    eventually(lambda: PoolInstance.objects.filter(snapshot__ready=True).count() == 2)


def control(*arguments: str) -> tuple[int, str, str]:
    """The exit code, and what was said on both streams."""
    out, err = StringIO(), StringIO()
    try:
        call_command("poolcontrol", *arguments, stdout=out, stderr=err, no_color=True)
    except SystemExit as exc:
        return int(exc.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_pause_and_resume_all_pools():
    code, said, _ = control("pause")

    assert code == 0
    assert sorted(line.rpartition(": ")[2] for line in said.splitlines()) == ["paused", "paused"]
    assert {pool.snapshot()["state"] for pool in running_pools.running().values()} == {"paused"}
    future = tasks.add.execute(1, 2)
    assert not future.running()

    assert control("resume")[0] == 0

    assert future.result(SECONDS) == 3


def test_drain_and_resume():
    code, said, _ = control("drain", "--pool", "default")

    assert code == 0
    assert said.rstrip().endswith("takes no new tasks")
    assert poolapp.get_pool().snapshot()["state"] == "drained"
    with pytest.raises(poolapp.PoolDraining):
        tasks.add.execute(1, 2)
    assert control("resume")[0] == 0
    assert tasks.add.execute(1, 2).result(SECONDS) == 3


def test_a_request_tells_who_asked_and_where():
    control("pause")

    assert {command.requested_by for command in PoolCommand.objects.all()} == {
        f"{getpass.getuser()}@{socket.gethostname()}"
    }


def test_somebody_whom_the_system_does_not_know_may_ask_too(monkeypatch: pytest.MonkeyPatch):
    def unknown() -> str:
        raise OSError("No username set in the environment")

    monkeypatch.setattr(getpass, "getuser", unknown)
    assert control("pause")[0] == 0
    assert PoolCommand.objects.latest("pk").requested_by == f"user {os.getuid()}@{socket.gethostname()}"


def test_one_pool_is_resized():
    code, said, _ = control("resize", "1", "3", "--pool", "default")

    assert (code, said.rpartition(": ")[2]) == (0, "1 to 3 workers\n")
    assert (poolapp.get_pool().options.min_size, poolapp.get_pool().options.limit) == (1, 3)
    assert poolapp.get_pool("threads").options.limit == 2


def test_a_single_size_makes_a_pool_fixed():
    control("resize", "3", "--pool", "default")

    assert (poolapp.get_pool().options.min_size, poolapp.get_pool().options.limit) == (3, 3)


@pytest.mark.parametrize("sizes", [("5", "2"), ("0", "0"), ("1", "1001"), ("-1", "4")])
def test_sizes_that_no_pool_may_have_are_refused(sizes: tuple[str, str]):
    code, _, complaint = control("resize", "--pool", "default", "--", *sizes)

    assert code == 1
    assert complaint.startswith("default on ")
    assert sizes[1] in complaint or sizes[0] in complaint
    assert poolapp.get_pool().options.limit == 2


def test_a_strategy_is_chosen():
    code, said, _ = control("strategy", "fair_share", "--pool", "default")

    assert (code, said.rpartition(": ")[2]) == (0, "chooses by fair_share\n")
    assert poolapp.get_pool().snapshot()["strategy"] == "fair_share"


def test_a_strategy_that_does_not_exist_is_refused_before_anybody_is_asked():
    with pytest.raises(CommandError, match="round_robin"):
        control("strategy", "fairest")

    assert not PoolCommand.objects.exists()


class TestCancel:
    def test_a_task_that_runs_is_aborted(self, gate: Gate):
        future = tasks.hold.execute(gate.path)
        gate.wait_for_task()
        eventually(TaskRecord.objects.filter(pk=future.task_id).exists)

        code, said, _ = control("cancel", future.task_id, "--reason", "too long")

        assert (code, said.rpartition(": ")[2]) == (0, "task aborted\n")
        assert PoolCommand.objects.count() == 1, "only its own pool is asked"
        with pytest.raises(poolapp.TaskAborted, match="too long"):
            future.result(SECONDS)
        gate.open()

    def test_a_task_that_waits_never_begins(self, gates: Callable[[], Gate]):
        held = [gates() for _ in range(2)]
        for gate in held:
            tasks.hold.execute(gate.path)
            gate.wait_for_task()
        future = tasks.add.execute(1)
        eventually(TaskRecord.objects.filter(pk=future.task_id).exists)

        code, said, _ = control("cancel", future.task_id)

        assert (code, said.rpartition(": ")[2]) == (0, "task cancelled\n")
        assert future.cancelled()
        for gate in held:
            gate.open()

    @pytest.mark.parametrize("task_id", [UNKNOWN, "nonsense"])
    def test_a_task_that_is_not_there(self, task_id: str):
        code, _, complaint = control("cancel", task_id, "--pool", "default")

        assert code == 1
        assert complaint.endswith(f"no task {task_id} waits or runs in this pool\n")


def test_json_for_programs():
    code, said, _ = control("resize", "2", "4", "--json", "--pool", "default")

    assert code == 0
    [command] = json.loads(said)["commands"]
    assert (command["alias"], command["status"], command["min_size"], command["max_size"]) == ("default", "done", 2, 4)


def test_a_pool_that_does_not_exist():
    assert control("pause", "--pool", "other") == (1, "", "there is no live pool with alias other\n")


@pytest.mark.slow
def test_from_another_process():
    ran = manage("poolcontrol", "pause", "--pool", "default")

    assert (ran.returncode, ran.stderr) == (0, "")
    assert poolapp.get_pool().snapshot()["state"] == "paused"


@pytest.mark.parametrize("verb", ["", "pause", "resize", "strategy", "cancel"])
def test_there_is_help(verb: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        call_command("poolcontrol", *([verb] if verb else []), "--help")

    assert "usage:" in capsys.readouterr().out
