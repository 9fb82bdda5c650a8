"""The pools of a process: started when needed, one per alias, anew after a fork, ended together."""

from __future__ import annotations

import json
import os
import socket
import threading
import time

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction

import poolapp
from poolapp import pools as running_pools
from poolapp.models import PoolInstance
from tests.app.conftest import run_python
from tests.app.polling import eventually, lives
from tests.sampleapp import tasks

SECONDS = 30


def workers_of(alias: str = "default") -> list[int]:
    eventually(lambda: poolapp.get_pool(alias).snapshot()["ready"])
    return [worker["pid"] for worker in poolapp.get_pool(alias).snapshot()["workers"]]


@pytest.mark.usefixtures("pools")
class TestStarting:
    def test_nothing_runs_before_the_first_task(self):
        assert running_pools.running() == {}
        assert running_pools.local_snapshots() == []

    def test_the_first_task_starts_its_pool_and_no_other(self):
        tasks.add.using(pool="threads").execute(1, 2).result(SECONDS)

        assert list(running_pools.running()) == ["threads"]

    def test_start_starts_all_and_again_does_nothing(self):
        running_pools.start()
        before = running_pools.running()

        running_pools.start()

        assert list(before) == ["default", "threads"]
        assert running_pools.running() == before

    def test_many_threads_that_are_first_get_the_same_pool(self):
        together = threading.Barrier(8)
        got = []

        def get() -> None:
            together.wait()
            got.append(poolapp.get_pool())

        threads = [threading.Thread(target=get) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(set(map(id, got))) == 1

    def test_a_pool_has_the_options_of_its_setting(self, settings):
        settings.POOLAPP = {
            "POOLS": {
                "default": {"WORKER": "thread", "MIN_SIZE": 1, "MAX_SIZE": 3, "OPTIONS": {"strategy": "round_robin"}}
            }
        }

        snapshot = poolapp.get_pool().snapshot()

        assert {key: snapshot[key] for key in ("type", "worker", "min_size", "max_size", "strategy")} == {
            "type": "dynamic",
            "worker": "thread",
            "min_size": 1,
            "max_size": 3,
            "strategy": "round_robin",
        }

    def test_without_the_setting_there_is_a_process_for_each_cpu(self, settings):
        settings.POOLAPP = {}

        snapshot = poolapp.get_pool().snapshot()

        assert (snapshot["worker"], snapshot["type"]) == ("process", "fixed")
        assert snapshot["max_size"] == len(os.sched_getaffinity(0))

    def test_autostart_never_means_never(self, settings):
        settings.POOLAPP = settings.POOLAPP | {"AUTOSTART": "never"}

        with pytest.raises(poolapp.PoolNotStarted, match='does not start, because AUTOSTART is "never"'):
            poolapp.execute(tasks.add, 1, 2)

    def test_a_wrong_setting_is_said_by_the_first_task(self, settings):
        settings.POOLAPP = {"POOLS": {"default": {"MIN_SIZE": 3, "MAX_SIZE": 2}}}

        with pytest.raises(ValueError, match=r"a pool needs 0 <= min_size <= max_size .*not 3..2"):
            poolapp.execute(tasks.add, 1, 2)

    @pytest.mark.parametrize("pool", ["default", "threads", "here"])
    def test_starting_within_a_transaction_leaves_the_transaction_alone(self, settings, pool):
        settings.POOLAPP = {"POOLS": settings.POOLAPP["POOLS"] | {"here": {"WORKER": "inline", "MIN_SIZE": 1}}}
        with transaction.atomic():
            Group.objects.create(name="rolled back")
            tasks.add.using(pool=pool).execute(1, 2).result(SECONDS)
            Group.objects.create(name="rolled back too")
            transaction.set_rollback(True)

        assert not Group.objects.exists()

    @pytest.mark.parametrize("pool", ["default", "threads"])
    def test_starting_keeps_the_connection_of_the_caller_open(self, pool):
        connection.ensure_connection()
        mine = connection.connection

        tasks.add.using(pool=pool).execute(1, 2).result(SECONDS)

        assert connection.connection is mine

    @pytest.mark.parametrize("pool", ["default", "threads"])
    async def test_starting_from_an_event_loop(self, pool):
        assert await tasks.add.using(pool=pool).aexecute(1, 2) == 3


@pytest.mark.usefixtures("pools")
class TestLocalSnapshots:
    def test_each_says_whose_it_is(self):
        running_pools.start()

        whose = [
            {key: snapshot[key] for key in ("alias", "host", "pid", "alive", "heartbeat_age")}
            for snapshot in running_pools.local_snapshots()
        ]

        mine = {"host": socket.gethostname(), "pid": os.getpid(), "alive": True, "heartbeat_age": 0.0}
        assert whose == [{"alias": "default", **mine}, {"alias": "threads", **mine}]

    def test_they_are_plain_json(self):
        tasks.add.execute(1, 2).result(SECONDS)

        snapshots = running_pools.local_snapshots()

        assert json.loads(json.dumps(snapshots)) == snapshots


@pytest.mark.usefixtures("pools")
class TestStopping:
    def test_the_workers_are_gone_when_it_returns(self):
        tasks.add.execute(1, 2).result(SECONDS)
        pids = workers_of()

        running_pools.stop()

        assert running_pools.running() == {}
        assert not any(lives(pid) for pid in pids)

    def test_what_runs_may_finish(self, gate):
        future = tasks.hold.execute(gate.path, "done")
        gate.wait_for_task()
        stopping = threading.Thread(target=running_pools.stop, args=(SECONDS,))
        stopping.start()

        gate.open()
        stopping.join(SECONDS)

        assert future.result(0) == "done"

    def test_what_does_not_finish_in_time_fails(self, gate):
        future = tasks.hold.execute(gate.path)
        gate.wait_for_task()

        running_pools.stop(timeout=0.05)

        with pytest.raises(poolapp.PoolError, match="destroyed"):
            future.result(0)

    def test_all_pools_get_their_time_at_once(self, gates):
        held = [(pool, gates()) for pool in ("default", "threads")]
        for pool, gate in held:
            tasks.hold.using(pool=pool).execute(gate.path)
            gate.wait_for_task()
        began = time.monotonic()

        running_pools.stop(timeout=1.0)

        assert time.monotonic() - began < 1.9
        for _, gate in held:
            gate.open()

    def test_the_next_task_starts_a_new_pool(self):
        tasks.add.execute(1, 2).result(SECONDS)
        before = workers_of()
        running_pools.stop()

        assert tasks.add.execute(1, 2).result(SECONDS) == 3
        assert set(workers_of()).isdisjoint(before)


FORK = """
import os, sys
import django
django.setup()
from django.db import connections
import poolapp
from poolapp import pools
from tests.app.polling import eventually
from tests.sampleapp import tasks

def workers():
    eventually(lambda: poolapp.get_pool().snapshot()["ready"])
    tasks.add.execute(1, 2).result(timeout=30)
    return sorted(worker["pid"] for worker in poolapp.get_pool().snapshot()["workers"])

mine = workers()
old = poolapp.get_pool()
reading, writing = os.pipe()
# SQLite does not bear a fork while a connection is open: neither parent nor child could trust the file afterwards.
pools._set.housekeeper.stop()
connections.close_all()
child = os.fork()
if not child:
    try:
        try:
            old.execute(tasks.add, 1, 2)
        except poolapp.PoolNotStarted as error:
            refusal = str(error)
        assert not pools.running()
        its = workers()
        pools.stop()
        os.write(writing, f"{refusal}\\n{its}\\n{pools.running()}".encode())
    finally:
        os._exit(0)
os.close(writing)
with open(reading) as answer:
    print(child, os.getpid(), mine, sep="\\n")
    print(answer.read())
os.waitpid(child, 0)
assert workers() == mine, (workers(), mine)
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_after_a_fork_the_child_has_a_pool_of_its_own():
    ran = run_python("-c", FORK)

    assert (ran.returncode, ran.stderr) == (0, "")
    child, parent, mine, refusal, its, left = ran.stdout.strip().splitlines()
    assert refusal == f"pool 'default' belongs to process {parent}, this is {child}"
    assert set(json.loads(mine)).isdisjoint(json.loads(its))
    assert left == "{}"
    assert PoolInstance.objects.filter(pid=parent).exists()
    eventually(lambda: not any(lives(pid) for pid in json.loads(mine)), within=2)
