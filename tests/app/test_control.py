"""Requests from other processes: found by the owner of the pool, carried out once, answered in the row."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError, connections
from django.utils import timezone

import poolapp
from poolapp import Pool
from poolapp import pools as running_pools
from poolapp.control.desk import CommandDesk
from poolapp.control.requests import NoSuchPool, find_instances, request
from poolapp.models import CommandStatus, PoolCommand, PoolEvent, PoolInstance
from tests.app.polling import eventually
from tests.sampleapp import tasks

SECONDS = 30
ENDED = (CommandStatus.DONE, CommandStatus.FAILED, CommandStatus.EXPIRED)


def workers(alias: str = "default") -> dict[int, int]:
    """The workers of a ready pool: process ids by worker id."""
    eventually(lambda: poolapp.get_pool(alias).snapshot()["ready"])
    return {worker["id"]: worker["pid"] for worker in poolapp.get_pool(alias).snapshot()["workers"]}


def answered(command: PoolCommand) -> PoolCommand:
    return eventually(PoolCommand.objects.filter(pk=command.pk, status__in=ENDED).first)


def visible_instance() -> PoolInstance:
    """The row of the default pool, ready and with its workers in it."""
    here = workers()

    def as_other_processes_see_it() -> PoolInstance | None:
        row = PoolInstance.objects.filter(alias="default").first()
        return row if row and {w["id"] for w in row.snapshot["workers"]} == set(here) else None

    return eventually(as_other_processes_see_it)


@pytest.fixture
def instance(thread_pools: None) -> PoolInstance:
    return visible_instance()


@pytest.fixture
def instance_of_processes(pools: dict[str, object]) -> PoolInstance:
    return visible_instance()


def stranger(**fields: object) -> PoolInstance:
    """A pool that seems to live in another process."""
    now = timezone.now()
    about = {"alias": "default", "host": "elsewhere", "pid": 1, "started_at": now, "heartbeat_at": now}
    return PoolInstance.objects.create(**about | fields)


class TestARequestToRestart:
    def test_reaches_a_pool_of_threads(self, instance):
        before = workers()

        command = answered(request("restart"))

        assert command.status == "done"
        assert not set(before) & set(workers())

    def test_replaces_all_workers(self, instance_of_processes):
        before = workers()

        command = answered(request("restart"))

        after = workers()
        assert command.status == "done"
        assert command.answer == {
            "total": 2,
            "replaced": 2,
            "workers": dict(zip(map(str, before), after, strict=True)),
        }
        assert command.requested_at <= command.answered_at
        assert not set(before.values()) & set(after.values())

    def test_replaces_the_named_worker_only(self, instance_of_processes):
        (victim, old_pid), (other, its_pid) = workers().items()

        command = answered(request("restart", alias="default", workers=[victim]))

        after = workers()
        assert (command.status, command.answer["total"]) == ("done", 1)
        assert list(command.answer["workers"]) == [str(victim)]
        assert old_pid not in after.values()
        assert after[other] == its_pid

    def test_names_a_worker_twice_to_no_harm(self, instance):
        victim = min(workers())

        command = answered(request("restart", workers=[victim, victim]))

        assert command.status == "done"
        assert len(workers()) == 2

    def test_lets_tasks_finish_first(self, instance, gate):
        future = tasks.hold.execute(gate.path, "done")
        gate.wait_for_task()

        command = request("restart")
        eventually(lambda: PoolCommand.objects.get(pk=command.pk).answer.get("total"))
        gate.open()

        assert future.result(SECONDS) == "done"
        assert answered(command).status == "done"

    def test_shows_how_far_it_has_come(self, instance, gate):
        tasks.hold.execute(gate.path)
        gate.wait_for_task()

        command = request("restart")
        eventually(lambda: PoolCommand.objects.get(pk=command.pk).status == CommandStatus.RUNNING)
        eventually(lambda: PoolCommand.objects.get(pk=command.pk).answer.get("total") == 2)
        gate.open()

        assert answered(command).answer["replaced"] == 2

    def test_hard_ends_what_runs(self, instance_of_processes, gate):
        future = tasks.hold.execute(gate.path)
        gate.wait_for_task()

        command = answered(request("restart", arguments={"mode": "hard"}))

        assert command.status == "done"
        with pytest.raises(poolapp.WorkerLost):
            future.result(SECONDS)

    def test_in_a_way_that_does_not_exist_fails_and_says_so(self, instance):
        command = answered(request("restart", arguments={"mode": "gently"}))

        assert command.status == "failed"
        assert command.answer["error"] == "mode must be one of rolling, hard, not 'gently'"

    def test_of_a_worker_that_has_gone_in_the_meantime_fails_and_says_so(self, instance):
        command = PoolCommand.objects.create(
            instance=instance,
            verb="restart",
            arguments={"workers": [99]},
            requested_at=timezone.now(),
            expires_at=timezone.now() + timedelta(seconds=30),
        )

        command = answered(command)

        assert command.status == "failed"
        assert "no worker 99 in the pool" in command.answer["error"]

    def test_that_has_expired_is_not_carried_out(self, instance):
        before = workers()
        command = PoolCommand.objects.create(
            instance=instance,
            verb="restart",
            requested_at=timezone.now() - timedelta(seconds=40),
            expires_at=timezone.now() - timedelta(seconds=10),
        )

        command = answered(command)

        assert (command.status, command.answer) == ("expired", {"error": "nobody took it in time"})
        assert workers() == before

    def test_of_another_process_is_left_to_it(self, instance):
        command = request("restart", host=stranger().host)
        own = answered(request("restart", host=instance.host))

        command.refresh_from_db()
        assert (own.status, command.status) == ("done", "pending")

    def test_gets_an_answer_even_if_the_pool_ends(self, instance, gate):
        tasks.hold.execute(gate.path)
        gate.wait_for_task()
        command = request("restart")
        eventually(lambda: PoolCommand.objects.get(pk=command.pk).status == CommandStatus.RUNNING)

        running_pools.stop(timeout=0.05)

        command = answered(command)
        assert command.status == "failed"
        assert "destroyed" in command.answer["error"]

    def test_says_who_asked(self, instance):
        command = request("restart", requested_by="operator")

        assert answered(command).requested_by == "operator"


class TestARequestThatCannotBe:
    def test_where_no_pool_lives(self, transactional_db):
        stranger(heartbeat_at=timezone.now() - timedelta(seconds=11))
        stranger(stopped_at=timezone.now())

        with pytest.raises(NoSuchPool, match=r"^there is no live pool$"):
            request("restart")

    def test_to_a_pool_that_does_not_exist(self, instance):
        with pytest.raises(NoSuchPool, match=r"^there is no live pool with alias gpu, pid 1$"):
            request("restart", alias="gpu", pid=1)

    def test_when_several_fit(self, transactional_db):
        stranger(pid=1)
        stranger(pid=2)

        with pytest.raises(poolapp.PoolError, match="2 live pools fit; say which"):
            request("restart")
        assert request("restart", pid=2).instance.pid == 2

    def test_for_a_worker_that_does_not_exist(self, instance):
        with pytest.raises(poolapp.PoolError, match="has no worker 99, only 1, 2"):
            request("restart", workers=[1, 99])
        assert not PoolCommand.objects.exists()

    def test_to_do_what_nobody_can(self, instance):
        with pytest.raises(ValueError, match="dance"):
            request("dance")


def test_live_pools_are_found_by_what_is_known_of_them(transactional_db):
    one, two = stranger(alias="a", pid=1), stranger(alias="b", pid=2)
    stranger(alias="c", stopped_at=timezone.now())

    assert find_instances() == [one, two]
    assert find_instances(alias="b") == [two]
    assert find_instances(host="elsewhere", pid=1) == [one]


class TestTheDesk:
    """Where requests are served; here without the housekeeper of the pool, by threads of the test."""

    @pytest.fixture
    def pool(self, settings, transactional_db) -> Pool:
        settings.POOLAPP = {}
        pool = Pool(poolapp.PoolOptions(worker="thread", min_size=2))
        with pool:
            eventually(lambda: pool.snapshot()["ready"])
            yield pool

    def test_carries_a_request_out_once_though_two_threads_look(self, pool):
        instance = stranger()
        instance.snapshot = pool.snapshot()
        instance.save()
        for _ in range(20):
            self.restart_with_two_desks(pool, instance)

        # Ten restarts of two workers: each replaced once for each request.
        assert max(worker["id"] for worker in pool.snapshot()["workers"]) == 2 + 20 * 2

    def restart_with_two_desks(self, pool: Pool, instance: PoolInstance) -> None:
        command = request("restart")
        together = threading.Barrier(2)

        def serve() -> None:
            desk = CommandDesk("default")
            together.wait()
            eventually(lambda: (desk.serve({instance.pk: pool}), self.is_done(command))[1])
            connections.close_all()

        in_threads(serve, serve)
        assert answered(command).status == "done"

    def test_answers_though_the_database_fails_meanwhile(self, pool):
        instance = stranger(snapshot={"workers": []})
        command = request("repeat", arguments={"task_ids": [str(uuid.uuid4())]})
        desk = CommandDesk("default")

        with connections["default"].execute_wrapper(failing_at("poolapp_taskrecord")), pytest.raises(OperationalError):
            desk.serve({instance.pk: pool})

        command.refresh_from_db()
        assert (command.status, command.answer) == ("failed", {"error": "disk I/O error"})

    def test_keeps_an_answer_until_the_database_takes_it(self, pool):
        instance = stranger(snapshot={"workers": []})
        command = request("pause")
        desk = CommandDesk("default")

        with connections["default"].execute_wrapper(failing_at("UPDATE", "answered_at")):
            with pytest.raises(OperationalError):
                desk.serve({instance.pk: pool})
            command.refresh_from_db()
            assert command.status == "running"
        desk.serve({instance.pk: pool})

        command.refresh_from_db()
        assert command.status == "done"

    def test_answers_whatever_goes_wrong(self, pool, monkeypatch):
        instance = stranger(snapshot={"workers": []})
        command = request("pause")
        pool.pause = lambda: {}["nothing"]

        CommandDesk("default").serve({instance.pk: pool})

        command.refresh_from_db()
        assert (command.status, command.answer) == ("failed", {"error": "'nothing'"})

    def test_serves_in_steps_so_that_heartbeats_go_on(self, pool, monkeypatch):
        monkeypatch.setattr("poolapp.control.desk.SECONDS_AT_A_TIME", 0.05)
        instance = stranger(snapshot={"workers": []})
        commands = [request("pause") for _ in range(3)]
        pool.pause = lambda: time.sleep(0.06)
        desk = CommandDesk("default")

        steps = [desk.serve({instance.pk: pool}) for _ in range(3)]

        assert steps == [True, True, False]
        assert PoolCommand.objects.filter(status="done").count() == len(commands)

    def is_done(self, command: PoolCommand) -> bool:
        return PoolCommand.objects.get(pk=command.pk).status in ENDED


def failing_at(*texts: str) -> Callable[..., object]:
    """Has the database fail at statements with all these texts."""

    def execute(go_on: Callable[..., object], sql: str, *rest: object) -> object:
        if all(text in sql for text in texts):
            raise OperationalError("disk I/O error")
        return go_on(sql, *rest)

    return execute


def in_threads(*calls: Callable[[], None]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_restart_is_among_the_events(instance):
    before = workers()

    answered(request("restart"))
    running_pools.stop()

    exits = PoolEvent.objects.filter(event="worker_exit", details__worker__in=list(before)).order_by("id")
    assert [(event.details["expected"], event.details["worker"]) for event in exits] == [(True, id) for id in before]


class TestARequest:
    def test_takes_only_what_its_verb_takes(self, instance):
        with pytest.raises(poolapp.InvalidOption, match=r"resize takes min_size, max_size, not 'maxsize'.*max_size"):
            request("resize", alias="default", arguments={"maxsize": 4})
        with pytest.raises(poolapp.InvalidOption, match="pause takes nothing, not 'workers'"):
            request("pause", alias="default", workers=list(workers()))

        assert not PoolCommand.objects.exists()

    @pytest.mark.parametrize("size", ["4", None, 2.5, True, 10**9])
    def test_to_resize_by_what_is_no_size_fails_and_says_so(self, instance, size):
        command = answered(request("resize", alias="default", arguments={"max_size": size, "min_size": size}))

        assert command.status == ("done" if size is None else "failed")
        assert poolapp.get_pool().options.limit == 2

    def test_with_a_verb_that_somebody_has_written_into_the_table_fails(self, instance):
        now = timezone.now()
        command = PoolCommand.objects.create(
            instance=instance, verb="__init__", requested_at=now, expires_at=now + timedelta(seconds=30)
        )

        assert answered(command).answer["error"].startswith("unknown verb '__init__', there are restart, pause")
