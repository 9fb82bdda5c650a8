"""What other processes see of a pool: that it lives, how it fares, that it has ended."""

from __future__ import annotations

import os
import signal
import socket
import threading
from datetime import datetime

import pytest
from django.utils import timezone

import poolapp
from poolapp import pools as running_pools
from poolapp.models import ALIVE_WITHIN, PoolInstance, PoolSnapshot
from tests.app.polling import eventually
from tests.sampleapp import tasks

SECONDS = 30
SHAPE = {
    *("version", "type", "worker", "started", "ready", "state", "strategy", "min_size", "max_size", "started_at"),
    *("uptime", "worker_nodes", "idle_worker_nodes", "busy_worker_nodes", "dynamic_worker_nodes"),
    *("submitted_tasks", "executed_tasks", "executing_tasks", "queued_tasks", "max_queued_tasks", "failed_tasks"),
    *("cancelled_tasks", "restarts", "busy_time", "utilization", "run_time", "wait_time", "events", "workers"),
}
SHAPE_OF_A_WORKER = {"id", "slot", "pid", "state", "dynamic", "executing", "queued", "executed", "failed", "restarts"}
SHAPE_OF_TIMES = {"aggregate", "minimum", "maximum", "average", "median", "p95", "p99"}


def the_instance(**fields: object) -> PoolInstance:
    """The one row of this process's pool, once it is there."""
    return eventually(PoolInstance.objects.filter(**fields).first)


def written_after(moment: datetime) -> PoolInstance:
    """The row as it is once it was written after this moment."""
    return the_instance(heartbeat_at__gt=moment)


@pytest.mark.usefixtures("pools")
class TestTheInstance:
    def test_says_whose_pool_it_is(self):
        began = timezone.now()
        poolapp.execute(tasks.add, 1).result(SECONDS)

        instance = the_instance()

        assert (instance.alias, instance.host, instance.pid) == ("default", socket.gethostname(), os.getpid())
        assert began <= instance.started_at <= instance.heartbeat_at <= timezone.now()
        assert instance.is_alive()

    def test_has_a_snapshot_of_the_pool(self):
        poolapp.execute(tasks.add, 1).result(SECONDS)
        eventually(lambda: poolapp.get_pool().snapshot()["ready"])

        snapshot = written_after(timezone.now()).snapshot

        assert snapshot.keys() >= SHAPE
        assert snapshot["run_time"].keys() >= SHAPE_OF_TIMES
        assert snapshot["wait_time"].keys() >= SHAPE_OF_TIMES
        assert all(worker.keys() >= SHAPE_OF_A_WORKER for worker in snapshot["workers"])
        assert (snapshot["state"], snapshot["worker_nodes"], snapshot["executed_tasks"]) == ("ready", 2, 1)
        assert [worker["slot"] for worker in snapshot["workers"]] == [0, 1]

    def test_is_written_again_and_again(self):
        poolapp.get_pool()

        first = the_instance()
        second = written_after(first.heartbeat_at)
        third = written_after(second.heartbeat_at)

        assert third.pk == first.pk
        assert PoolInstance.objects.count() == 1
        assert third.heartbeat_at - second.heartbeat_at < ALIVE_WITHIN / 2

    def test_shows_a_replaced_worker_soon(self):
        eventually(lambda: poolapp.get_pool().snapshot()["ready"])
        before = {worker["pid"] for worker in poolapp.get_pool().snapshot()["workers"]}
        victim = min(before)

        os.kill(victim, signal.SIGKILL)

        def is_whole() -> bool:
            snapshot = PoolInstance.objects.get().snapshot
            pids = {worker["pid"] for worker in snapshot["workers"]}
            return snapshot["ready"] and len(pids - before) == 1 and victim not in pids

        the_instance()
        eventually(is_whole, within=1.0)

    def test_is_written_while_tasks_pour_in(self):
        """However fast tasks come, writing about them must not keep the pool from saying that it lives."""
        enough = threading.Event()
        add = tasks.add.using(pool="threads")

        def pour() -> None:
            while not enough.is_set():
                for future in [add.execute(number) for number in range(500)]:
                    future.result(SECONDS)

        pouring = threading.Thread(target=pour)
        pouring.start()
        try:
            first = the_instance()
            eventually(PoolSnapshot.objects.exists)
            later = written_after(first.heartbeat_at + ALIVE_WITHIN / 4)
        finally:
            enough.set()
            pouring.join()

        assert later.heartbeat_at - first.heartbeat_at < ALIVE_WITHIN / 2

    def test_is_one_of_each_pool(self):
        running_pools.start()

        eventually(lambda: PoolInstance.objects.count() == 2)

        assert list(PoolInstance.objects.values_list("alias", flat=True)) == ["default", "threads"]

    def test_says_goodbye_with_the_last_figures(self):
        for future in [poolapp.execute(tasks.add, number) for number in range(100)]:
            future.result(SECONDS)

        running_pools.stop()

        instance = PoolInstance.objects.get()
        assert instance.stopped_at is not None
        assert not instance.is_alive()
        assert (instance.snapshot["state"], instance.snapshot["executed_tasks"]) == ("stopped", 100)
        assert instance.snapshot["workers"] == []

    def test_of_a_pool_that_starts_anew_is_another(self):
        for _ in range(2):
            poolapp.execute(tasks.add, 1).result(SECONDS)
            running_pools.stop()

        assert PoolInstance.objects.count() == 2
        assert not PoolInstance.objects.alive().exists()


@pytest.mark.usefixtures("thread_pools")
class TestTheHistory:
    def test_has_the_figures_of_the_snapshot_at_every_interval(self, settings):
        settings.POOLAPP |= {"SNAPSHOT_INTERVAL": 0.1}
        poolapp.execute(tasks.add, 1).result(SECONDS)
        poolapp.execute(tasks.refuse, "not today").exception(SECONDS)

        eventually(lambda: PoolSnapshot.objects.count() >= 3)
        running_pools.stop()

        history = list(PoolSnapshot.objects.order_by("at"))
        last = history[-1]
        assert last.instance == PoolInstance.objects.get()
        assert (last.executed_tasks, last.failed_tasks, last.cancelled_tasks) == (1, 1, 0)
        assert (last.executing_tasks, last.queued_tasks) == (0, 0)
        assert last.busy_time == pytest.approx(last.instance.snapshot["busy_time"])
        assert [row.at for row in history] == sorted({row.at for row in history})

    def test_grows_no_faster_than_it_was_told(self, settings):
        settings.POOLAPP |= {"SNAPSHOT_INTERVAL": 3600}
        eventually(lambda: poolapp.get_pool().snapshot()["ready"])
        for _ in range(3):
            poolapp.get_pool().restart_workers().result(SECONDS)
        last = written_after(timezone.now())
        written_after(last.heartbeat_at)  # a beat writes the history last: by now, the one before is done

        assert PoolSnapshot.objects.count() == 1
