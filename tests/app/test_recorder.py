"""What is recorded of tasks and pools: exactly, once, in order, and without ever slowing execute() down."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import connection

import poolapp
from poolapp import TaskFuture
from poolapp import pools as running_pools
from poolapp.conf import get_settings
from poolapp.engine.events import POOL_EVENTS, Event
from poolapp.models import PoolEvent, PoolInstance, TaskRecord, TaskStatus
from poolapp.observers import unwritten
from poolapp.observers.recorder import Recorder
from poolapp.observers.unwritten import ROOM
from poolapp.signals import BY_EVENT
from tests.app.polling import eventually
from tests.app.tables import missing
from tests.app.told import told
from tests.sampleapp import tasks

SECONDS = 30
# By so much may differ what the pool and the worker say of when a task began.
A_MOMENT = timedelta(milliseconds=50)
OPEN = (TaskStatus.QUEUED, TaskStatus.RUNNING)


def record_of(future: TaskFuture, *statuses: TaskStatus) -> TaskRecord:
    """The record of a task once it has one of these states; once the task has ended unless given."""
    wanted = TaskRecord.objects.filter(pk=future.task_id)
    wanted = wanted.filter(status__in=statuses) if statuses else wanted.exclude(status__in=OPEN)
    return eventually(wanted.first)


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged about not being able to record."""
    return [message for record in caplog.records if "could not record" in (message := record.getMessage())]


@pytest.mark.usefixtures("pools")
class TestTheRecordOfATask:
    def test_that_was_executed(self):
        before = time.time()
        future = poolapp.execute(tasks.process_id)
        worker_pid = future.result(SECONDS)
        after = time.time()

        record = record_of(future)

        [worker] = [w for w in poolapp.get_pool().snapshot()["workers"] if w["pid"] == worker_pid]
        assert (record.name, record.pool, record.status) == ("tests.sampleapp.tasks.process_id", "default", "executed")
        assert (record.host, record.pid) == (socket.gethostname(), os.getpid())
        assert (record.worker, record.worker_slot, record.worker_pid) == (worker["id"], worker["slot"], worker_pid)
        # Moments come from the monotonic clock, so they may differ a little from the wall clock's.
        assert before - 0.1 < record.queued_at.timestamp() <= record.started_at.timestamp()
        assert record.started_at.timestamp() <= record.finished_at.timestamp() + 0.001 < after + 0.1
        waited = (record.started_at - record.queued_at).total_seconds()
        assert record.wait_time == pytest.approx(waited, abs=0.001)
        assert 0 < record.run_time < after - before
        assert (record.error_type, record.error, record.traceback) == ("", "", "")
        assert (record.arguments, record.result) == ("", "")

    def test_that_runs(self, gate):
        future = tasks.hold.execute(gate.path)
        gate.wait_for_task()

        record = record_of(future, TaskStatus.RUNNING)

        assert record.worker_pid in [w["pid"] for w in poolapp.get_pool().snapshot()["workers"]]
        assert record.started_at >= record.queued_at
        assert (record.finished_at, record.run_time) == (None, None)
        gate.open()

    def test_that_waits(self, gates):
        held = [gates(), gates()]
        for gate in held:
            tasks.hold.execute(gate.path)
            gate.wait_for_task()

        record = record_of(tasks.add.execute(1), TaskStatus.QUEUED)

        assert (record.worker_pid, record.started_at, record.finished_at) == (None, None, None)
        for gate in held:
            gate.open()

    def test_that_failed(self):
        future = poolapp.execute(tasks.refuse, "not today")
        future.exception(SECONDS)

        record = record_of(future)

        assert (record.status, record.error_type) == ("failed", "Refused")
        assert record.error == "Refused: ('not today', 7)"
        assert record.traceback.startswith("Traceback (most recent call last):")
        assert "raise Refused(text, code)" in record.traceback
        assert record.run_time > 0
        assert record.wait_time > 0
        assert record.worker_pid in [w["pid"] for w in poolapp.get_pool().snapshot()["workers"]]

    def test_whose_result_could_not_be_sent(self):
        future = poolapp.execute(tasks.return_what_cannot_be_pickled)
        future.exception(SECONDS)

        record = record_of(future)

        assert (record.status, record.error_type) == ("failed", "ResultNotPicklable")

    def test_that_was_cancelled_before_it_began(self, gates):
        held = [gates(), gates()]
        for gate in held:
            tasks.hold.execute(gate.path)
            gate.wait_for_task()
        future = tasks.add.execute(1)

        assert future.cancel()

        record = record_of(future)
        assert record.status == "cancelled"
        assert record.finished_at >= record.queued_at
        assert (record.worker_pid, record.started_at, record.run_time) == (None, None, None)
        for gate in held:
            gate.open()

    def test_that_was_lost_with_its_worker(self, gate):
        future = tasks.hold.execute(gate.path)
        gate.wait_for_task()
        running = record_of(future, TaskStatus.RUNNING)

        os.kill(running.worker_pid, signal.SIGKILL)

        record = record_of(future)
        assert (record.status, record.error_type) == ("failed", "WorkerLost")
        assert "SIGKILL" in record.error
        assert (record.worker, record.worker_slot) == (running.worker, running.worker_slot)
        assert record.worker_pid == running.worker_pid
        assert abs(record.started_at - running.started_at) < A_MOMENT
        assert record.wait_time == pytest.approx((record.started_at - record.queued_at).total_seconds(), abs=0.001)
        ran = (record.finished_at - record.started_at).total_seconds()
        assert record.run_time == pytest.approx(ran, abs=0.05)

    def test_that_was_aborted_while_it_ran(self, gate):
        future = tasks.hold.execute(gate.path)
        gate.wait_for_task()
        running = record_of(future, TaskStatus.RUNNING)

        assert future.abort("no longer wanted")

        record = record_of(future)
        assert (record.status, record.error_type) == ("failed", "TaskAborted")
        assert "no longer wanted" in record.error
        assert record.worker_pid == running.worker_pid
        assert abs(record.started_at - running.started_at) < A_MOMENT
        assert record.run_time is not None

    def test_of_a_thread(self):
        future = poolapp.execute(tasks.process_id_of_a_thread)
        future.result(SECONDS)

        record = record_of(future)

        assert (record.pool, record.status, record.worker_pid) == ("threads", "executed", os.getpid())

    def test_is_one_row_however_often_it_was_written(self, gate):
        future = tasks.hold.execute(gate.path)
        gate.wait_for_task()
        record_of(future, TaskStatus.RUNNING)
        gate.open()
        record_of(future)

        assert TaskRecord.objects.count() == 1

    def test_is_written_before_the_pool_has_ended(self):
        futures = [poolapp.execute(tasks.add, number) for number in range(100)]

        running_pools.stop(timeout=10)

        assert [future.result(0) for future in futures] == list(range(100))
        assert TaskRecord.objects.filter(status="executed").count() == 100

    def test_has_an_end_even_if_the_pool_ended_first(self, gates):
        held = [gates(), gates()]
        running = [tasks.hold.execute(gate.path) for gate in held]
        for gate in held:
            gate.wait_for_task()
        waiting = tasks.add.execute(1)

        running_pools.stop(timeout=0.05)

        records = [TaskRecord.objects.get(pk=future.task_id) for future in (*running, waiting)]
        assert [(record.status, record.error_type) for record in records] == [("failed", "PoolDestroyed")] * 3


@pytest.mark.usefixtures("pools")
class TestEventsOfAPool:
    def test_are_recorded_in_their_order_with_their_details(self):
        eventually(lambda: poolapp.get_pool().snapshot()["ready"])
        poolapp.execute(tasks.leave, 3).exception(SECONDS)
        eventually(lambda: poolapp.get_pool().snapshot()["restarts"] and poolapp.get_pool().snapshot()["ready"])
        running_pools.stop()

        events = list(PoolEvent.objects.order_by("id"))

        assert [event.event for event in events] == [
            *["worker_online", "worker_online", "ready"],
            *["worker_exit", "error", "worker_online"],
            *["worker_exit", "worker_exit", "destroy"],
        ]
        assert [event.at for event in events] == sorted(event.at for event in events)
        assert {(event.pool, event.host, event.pid) for event in events} == {
            ("default", socket.gethostname(), os.getpid())
        }
        crash = events[3].details
        assert crash["expected"] is False
        assert "exit code 3" in crash["reason"]

    def test_are_no_events_of_tasks(self):
        poolapp.execute(tasks.add, 1).result(SECONDS)
        poolapp.execute(tasks.refuse, "not today").exception(SECONDS)
        running_pools.stop()

        assert not PoolEvent.objects.filter(event__startswith="task").exists()


@pytest.mark.usefixtures("thread_pools")
class TestWhatIsRecorded:
    def run_one_of_each(self) -> tuple[TaskFuture, TaskFuture]:
        good, bad = tasks.add.execute(1, b=2), tasks.refuse.execute("not today", code=3)
        good.result(SECONDS)
        bad.exception(SECONDS)
        running_pools.stop()
        return good, bad

    def test_all(self):
        self.run_one_of_each()

        assert Counter(TaskRecord.objects.values_list("status", flat=True)) == {"executed": 1, "failed": 1}

    def test_failures_only(self, settings):
        settings.POOLAPP |= {"RECORD": {"TASKS": "failures"}}

        _, bad = self.run_one_of_each()

        record = TaskRecord.objects.get()
        assert str(record.pk) == bad.task_id
        assert record.started_at is not None
        assert record.worker_pid is not None

    def test_failures_with_their_arguments(self, settings):
        settings.POOLAPP |= {"RECORD": {"TASKS": "failures", "ARGUMENTS": True}}

        self.run_one_of_each()

        assert TaskRecord.objects.get().arguments == "'not today', code=3"

    def test_nothing_but_the_events_of_pools(self, settings):
        settings.POOLAPP |= {"RECORD": {"TASKS": "none"}}

        self.run_one_of_each()

        assert not TaskRecord.objects.exists()
        assert PoolEvent.objects.filter(event="destroy").count() == 1

    def test_arguments_and_results_where_they_are_asked_for(self, settings):
        settings.POOLAPP |= {"RECORD": {"ARGUMENTS": True, "RESULTS": True}}

        good, bad = self.run_one_of_each()

        record = TaskRecord.objects.get(pk=good.task_id)
        assert (record.arguments, record.result) == ("1, b=2", "3")
        record = TaskRecord.objects.get(pk=bad.task_id)
        assert (record.arguments, record.result) == ("'not today', code=3", "")

    def test_long_arguments_in_short(self, settings):
        settings.POOLAPP |= {"RECORD": {"ARGUMENTS": True, "RESULTS": True}}

        tasks.hold.execute(None, "x" * 1_000_000).result(SECONDS)
        running_pools.stop()

        record = TaskRecord.objects.get()
        assert len(record.arguments) < 200
        assert len(record.result) < 200


@pytest.mark.usefixtures("thread_pools")
class TestWhenTheDatabaseFails:
    def test_tasks_run_on_and_all_are_recorded_afterwards(self, caplog):
        eventually(lambda: poolapp.get_pool().snapshot()["ready"])

        with missing(TaskRecord):
            futures = [poolapp.execute(tasks.add, number) for number in range(700)]
            assert [future.result(SECONDS) for future in futures] == list(range(700))
            eventually(lambda: complaints(caplog))
            poolapp.execute(tasks.refuse, "not today").exception(SECONDS)

        eventually(lambda: TaskRecord.objects.exclude(status__in=OPEN).count() == 701)
        assert Counter(TaskRecord.objects.values_list("status", flat=True)) == {"executed": 700, "failed": 1}
        numbers = TaskRecord.objects.order_by("queued_at").values_list("pk", flat=True)
        assert [str(number) for number in numbers][:700] == [future.task_id for future in futures]
        assert complaints(caplog) == ["poolapp could not record tasks (failure 1); it tries again"]

    def test_what_had_to_be_left_out_is_shown_and_the_books_balance(self, monkeypatch):
        monkeypatch.setattr(unwritten, "ROOM", 500)
        happened: list[Event] = []
        listener = lambda event, **_: happened.append(event)  # noqa: E731
        for name in set(POOL_EVENTS) - {"task_error"}:
            BY_EVENT[name].connect(listener)
        poolapp.get_pool()
        eventually(PoolInstance.objects.filter(snapshot__ready=True).exists)

        with missing(TaskRecord):
            futures = [poolapp.execute(tasks.add, number) for number in range(3000)]
            assert [future.result(SECONDS) for future in futures] == list(range(3000))
            eventually(PoolInstance.objects.filter(snapshot__dropped_records__gt=0).exists)
        running_pools.stop()

        unfinished = 3000 - TaskRecord.objects.filter(status="executed").count()
        missing_events = len(happened) - PoolEvent.objects.count()
        assert unfinished > 0
        assert unfinished + missing_events == PoolInstance.objects.get().snapshot["dropped_records"]

    def test_events_keep_their_order(self, caplog):
        poolapp.get_pool()
        eventually(lambda: PoolEvent.objects.filter(event="ready").exists())

        with missing(PoolEvent):
            poolapp.get_pool().restart_workers().result(SECONDS)
            eventually(lambda: complaints(caplog))
            poolapp.get_pool().restart_workers().result(SECONDS)
        running_pools.stop()

        events = list(PoolEvent.objects.order_by("id"))
        assert [event.at for event in events] == sorted(event.at for event in events)
        assert Counter(event.event for event in events) == {
            "worker_online": 6,
            "worker_exit": 6,
            "ready": 1,
            "destroy": 1,
        }

    @pytest.mark.parametrize("text", ["\ud800", "\x00", "x" * 1_000_000], ids=["surrogate", "zero", "long"])
    def test_a_text_that_no_database_takes_is_recorded_as_well_as_can_be(self, text):
        strange = tasks.say.execute(text)
        usual = tasks.add.execute(1)
        strange.exception(SECONDS)

        assert record_of(usual).status == "executed"
        assert (record_of(strange).status, record_of(strange).error_type) == ("failed", "ValueError")

    @pytest.mark.sqlite
    def test_a_locked_database_does_not_slow_tasks_down(self, caplog):
        eventually(lambda: poolapp.get_pool().snapshot()["ready"])
        with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            futures = [poolapp.execute(tasks.add, number) for number in range(200)]
            results = [future.result(SECONDS) for future in futures]
            written = TaskRecord.objects.filter(status="executed").count()
            other.execute("ROLLBACK")

        assert results == list(range(200))
        assert written == 0
        eventually(lambda: TaskRecord.objects.filter(status="executed").count() == 200)
        assert complaints(caplog) == []


@pytest.mark.usefixtures("pools")
class TestManyTasks:
    @pytest.mark.slow
    @pytest.mark.parametrize("pool", ["default", "threads"])
    def test_ten_thousand_are_all_recorded(self, pool, caplog):
        add = tasks.add.using(pool=pool)

        futures = [add.execute(number) for number in range(10_000)]

        assert [future.result(SECONDS) for future in futures] == list(range(10_000))
        eventually(lambda: TaskRecord.objects.filter(status="executed").count() == 10_000, within=30)
        assert TaskRecord.objects.count() == 10_000
        assert set(map(str, TaskRecord.objects.values_list("pk", flat=True))) == {f.task_id for f in futures}
        assert complaints(caplog) == []

    @pytest.mark.slow
    def test_many_writers_never_find_the_database_locked(self, caplog):
        def work() -> None:
            for number in range(50):
                tasks.make_group.execute(f"{threading.get_ident()}-{number}").result(SECONDS)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert tasks.count_groups() == 200
        eventually(lambda: TaskRecord.objects.filter(status="executed").count() == 200)
        assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.django_db(transaction=True)
class TestOverflow:
    """A recorder that nobody lets write."""

    def test_beginnings_are_left_out_first_and_the_ends_that_went_are_counted(self):
        recorder = Recorder(get_settings())
        for number in range(ROOM + 100):
            recorder.handle("default", told("task_queued", number))
        for number in range(50):
            recorder.handle("default", told("task_started", number))

        for number in range(2 * ROOM):
            recorder.handle("default", told("task_finished", number))
        assert recorder.dropped == 0
        for number in range(2 * ROOM, 2 * ROOM + 10):
            recorder.handle("default", told("task_finished", number))
        recorder.handle("default", Event("busy", 3.0, {}))
        assert recorder.dropped == 11

        recorder.flush(SECONDS)
        assert TaskRecord.objects.filter(status="executed", run_time=0.2).count() == 2 * ROOM
        assert TaskRecord.objects.count() == 2 * ROOM

    def test_the_error_of_a_task_is_not_counted_twice(self):
        recorder = Recorder(get_settings())
        for number in range(2 * ROOM):
            recorder.handle("default", told("task_finished", number))

        recorder.handle("default", Event("task_error", 3.0, told("task_finished", 2 * ROOM).details))

        assert recorder.dropped == 0

    def test_an_end_without_a_beginning_makes_a_whole_record(self):
        recorder = Recorder(get_settings())

        recorder.handle("default", told("task_finished", 7))
        recorder.flush(SECONDS)

        record = TaskRecord.objects.get()
        assert (record.name, record.pool, record.status) == ("a task", "default", "executed")
        assert (record.worker, record.worker_slot, record.worker_pid) == (3, 1, 42)
        moments = (record.queued_at, record.started_at, record.finished_at)
        assert [moment.timestamp() for moment in moments] == [1, 2, 3]

    def test_there_is_room_again_after_writing(self):
        recorder = Recorder(get_settings())
        for number in range(ROOM + 1):
            recorder.handle("default", told("task_queued", number))
        recorder.flush(SECONDS)

        recorder.handle("default", told("task_queued", ROOM + 2))
        recorder.flush(SECONDS)

        assert recorder.dropped == 0
        assert TaskRecord.objects.count() == ROOM + 1
