"""`manage.py poolrestart`, mostly from another process than the one that owns the pools: this one."""

from __future__ import annotations

import json
import threading
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

import poolapp
from poolapp.models import PoolCommand, PoolInstance
from tests.app.conftest import manage
from tests.app.polling import eventually
from tests.sampleapp import tasks

SECONDS = 30


def workers(alias: str = "default") -> dict[int, int]:
    """The workers of a ready pool: process ids by worker id."""
    eventually(lambda: poolapp.get_pool(alias).snapshot()["ready"])
    return {worker["id"]: worker["pid"] for worker in poolapp.get_pool(alias).snapshot()["workers"]}


@pytest.fixture
def instance(thread_pools: None) -> PoolInstance:
    """The default pool, ready, also in the eyes of others."""
    return visible_instance()


@pytest.fixture
def instance_of_processes(pools: dict[str, object]) -> PoolInstance:
    return visible_instance()


def visible_instance() -> PoolInstance:
    workers()
    return eventually(PoolInstance.objects.filter(alias="default", snapshot__ready=True).first)


def restart(*arguments: str) -> tuple[int, str, str]:
    """The exit code, output and errors of the command, run in this process."""
    out, err = StringIO(), StringIO()
    try:
        call_command("poolrestart", *arguments, stdout=out, stderr=err, no_color=True)
    except SystemExit as exc:
        return int(exc.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def restart_in_a_thread(*arguments: str) -> tuple[int, str, str]:
    """The same, for a thread that ends afterwards: its connection is closed."""
    try:
        return restart(*arguments)
    finally:
        connections.close_all()


def stranger(**fields: object) -> PoolInstance:
    """A pool of another process, which does not answer."""
    now = timezone.now()
    about = {"alias": "default", "host": "elsewhere", "pid": 1, "started_at": now, "heartbeat_at": now}
    return PoolInstance.objects.create(**about | {"snapshot": {"workers": [{"id": 1}]}} | fields)


class TestRolling:
    @pytest.mark.slow
    def test_every_worker_is_another_and_no_task_is_lost_while_they_flow(self, instance_of_processes):
        before = workers()
        enough = threading.Event()
        results: list[bool] = []

        def flow() -> None:
            while not enough.is_set():
                futures = [poolapp.execute(tasks.add, number, 1) for number in range(20)]
                results.append([future.result(SECONDS) for future in futures] == list(range(1, 21)))

        flowing = threading.Thread(target=flow)
        flowing.start()
        ran = manage("poolrestart")
        enough.set()
        flowing.join()

        after = workers()
        assert (ran.returncode, ran.stderr) == (0, "")
        assert ran.stdout.splitlines()[-1] == f"{instance_of_processes}: 2 of 2 workers replaced"
        assert not set(before) & set(after)
        assert not set(before.values()) & set(after.values())
        assert results
        assert all(results)
        snapshot = poolapp.get_pool().snapshot()
        assert (snapshot["failed_tasks"], snapshot["cancelled_tasks"], snapshot["restarts"]) == (0, 0, 0)

    def test_a_task_that_runs_is_waited_for(self, instance, gate):
        future = tasks.hold.execute(gate.path, "done")
        gate.wait_for_task()
        answers: list[tuple[int, str, str]] = []
        asking = threading.Thread(target=lambda: answers.append(restart_in_a_thread()))
        asking.start()
        eventually(PoolCommand.objects.filter(status="running").exists)

        gate.open()
        asking.join()

        assert answers[0][0] == 0
        assert future.result(SECONDS) == "done"

    @pytest.mark.parametrize("arguments", [("--worker", "1", "2"), ("--worker", "1", "--worker", "2")])
    def test_the_named_workers_are_replaced(self, instance, arguments):
        before = workers()

        code, output, errors = restart(*arguments)

        assert (code, errors) == (0, "")
        assert output.splitlines()[-1] == f"{instance}: 2 of 2 workers replaced"
        assert not set(before) & set(workers())

    def test_other_workers_are_left_alone(self, instance):
        code, _, _ = restart("--pool", "default", "--worker", "2")

        assert code == 0
        assert 1 in workers()
        assert 2 not in workers()


class TestHard:
    @pytest.mark.slow
    def test_what_runs_fails_and_every_worker_is_another(self, instance_of_processes, gate):
        before = workers()
        future = tasks.hold.execute(gate.path)
        gate.wait_for_task()

        ran = manage("poolrestart", "--mode", "hard")

        assert (ran.returncode, ran.stderr) == (0, "")
        with pytest.raises(poolapp.WorkerLost):
            future.result(SECONDS)
        assert not set(before.values()) & set(workers().values())


class TestJson:
    def test_it_says_what_became_of_every_request(self, instance):
        before = workers()

        code, output, errors = restart("--json")

        assert (code, errors) == (0, "")
        replaced = dict(zip(map(str, before), workers(), strict=True))
        about = {"alias": "default", "host": instance.host, "pid": instance.pid, "status": "done"}
        assert json.loads(output) == {"commands": [about | {"total": 2, "replaced": 2, "workers": replaced}]}

    def test_no_wait_says_that_it_is_pending(self, instance):
        code, output, _ = restart("--json", "--no-wait")

        assert code == 0
        [command] = json.loads(output)["commands"]
        assert command["status"] == "pending"
        eventually(PoolCommand.objects.filter(status="done").exists)


class TestSeveralPools:
    def test_all_that_fit_are_restarted(self, instance):
        before = {"default": workers(), "threads": workers("threads")}
        eventually(PoolInstance.objects.filter(alias="threads", snapshot__ready=True).exists)

        code, output, _ = restart()

        assert code == 0
        assert len([line for line in output.splitlines() if "2 of 2 workers replaced" in line]) == 2
        assert not set(before["default"]) & set(workers())
        assert not set(before["threads"]) & set(workers("threads"))

    def test_one_is_chosen_by_alias_host_or_process(self, instance):
        other = stranger(alias="gpu", pid=2)

        for arguments in (["--pool", "gpu"], ["--host", "elsewhere"], ["--pid", "2"]):
            code, _, _ = restart("--no-wait", *arguments)
            assert code == 0

        assert set(PoolCommand.objects.values_list("instance", flat=True)) == {other.pk}

    def test_a_worker_of_several_must_be_told_apart(self, transactional_db):
        stranger(pid=1)
        stranger(pid=2)

        assert restart("--worker", "1") == (
            1,
            "",
            "2 live pools have worker 1; say which by --pool, --host and --pid\n",
        )


class TestWhatCannotBe:
    @pytest.mark.slow
    @pytest.mark.django_db(transaction=True)
    def test_without_a_live_pool_there_is_one_clear_line(self):
        ran = manage("poolrestart")

        assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", "there is no live pool\n")

    @pytest.mark.parametrize(
        "arguments, line",
        [
            (["--pool", "gpu"], "there is no live pool with alias gpu\n"),
            (["--pid", "1"], "there is no live pool with pid 1\n"),
            (["--worker", "99"], "no live pool has worker 99\n"),
            (["--worker", "1", "99"], "no live pool has worker 1, 99\n"),
        ],
    )
    def test_what_does_not_exist_is_named(self, instance, arguments, line):
        assert restart(*arguments) == (1, "", line)
        assert not PoolCommand.objects.exists()

    def test_an_owner_that_does_not_answer_in_time(self, transactional_db):
        stranger()

        code, output, errors = restart("--timeout", "0.3")

        assert (code, output) == (1, "")
        assert errors == "no answer within 0.3 s from default on elsewhere, process 1\n"

    def test_nobody_waits_with_no_wait(self, transactional_db):
        stranger()

        assert restart("--no-wait") == (0, "", "")
        assert PoolCommand.objects.get().status == "pending"

    def test_a_request_that_failed(self, instance):
        answers: list[Any] = []
        asking = threading.Thread(target=lambda: answers.append(restart_in_a_thread("--timeout", "20")))
        stranger(host=instance.host, alias="z")
        asking.start()
        theirs = eventually(PoolCommand.objects.filter(instance__alias="z").first)
        theirs.status, theirs.answer = "failed", {"error": "it could not be"}
        theirs.save()
        asking.join()

        code, output, errors = answers[0]
        assert code == 1
        assert "default on" in output
        assert errors == f"{theirs.instance}: it could not be\n"
