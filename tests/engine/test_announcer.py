"""Events of single tasks: their ids and their details."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from poolapp.engine.announcer import Announcer
from poolapp.engine.errors import WorkerLost
from poolapp.engine.node import WorkerNode
from poolapp.engine.options import PoolOptions
from poolapp.engine.outcomes import Outcome
from poolapp.engine.tasks import KnownFunction, Task, TaskFunction, TaskState
from tests.engine.doubles import FakeClock

WALL = 1_700_000_000.0  # when the monotonic clock shows 100


def make_announcer(**options: Any) -> Announcer:
    return Announcer(FakeClock(100.0, WALL), PoolOptions(worker="inline", **options))


def make_task(*args: Any, **kwargs: Any) -> Task:
    return Task(KnownFunction(TaskFunction(print, "gallery.tasks.show")), args, kwargs, queued_at=101.0)


def committed(*args: Any) -> Task:
    """A task in the hands of worker 7."""
    task = make_task(*args)
    task.node = WorkerNode(7, 2, dynamic=False, now=0.0)
    task.node.pid = 4711
    task.state = TaskState.COMMITTED
    task.node.commit([task], 0.0, 102.0)
    return task


def ended(task: Task, outcome: Outcome) -> Task:
    task.state = TaskState.EXECUTED if outcome.error is None else TaskState.FAILED
    return task


GOOD = Outcome(42, None, "", 102.5, 0.25)
BAD = Outcome(None, ValueError("no such photo"), "Traceback …", 102.5, 0.25)


# Ids


@pytest.mark.parametrize("drawn", [0, 2**128 - 1])
def test_no_id_is_one_that_mariadb_refuses(monkeypatch: pytest.MonkeyPatch, drawn: int):
    """It tells apart how it stores UUIDs by their ninth byte, and takes none of version 8 where that is 80."""
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=drawn))

    assert uuid.UUID(make_announcer().task_id(make_task())).bytes[8] != 0x80


def test_ids_are_uuids_of_version_8():
    announcer = make_announcer()

    task_id = uuid.UUID(announcer.task_id(make_task()))

    assert task_id.version == 8
    assert task_id.variant == uuid.RFC_4122


def test_an_id_ends_with_the_number_of_the_task():
    task = make_task()

    assert uuid.UUID(make_announcer().task_id(task)).int & (2**40 - 1) == task.number


def test_ids_are_unique_and_in_the_order_of_tasks():
    announcer = make_announcer()

    ids = [announcer.task_id(make_task()) for _ in range(1000)]

    assert len(set(ids)) == 1000
    assert ids == sorted(ids)


def test_ids_begin_with_the_time():
    early, late = (Announcer(FakeClock(100.0, wall), PoolOptions(worker="inline")) for wall in (WALL, WALL + 0.001))
    task = make_task()

    assert early.task_id(task) < late.task_id(task)
    assert uuid.UUID(early.task_id(task)).int >> 80 == int(WALL * 1000)


def test_pools_that_are_born_together_have_different_ids():
    task = make_task()

    assert len({make_announcer().task_id(task) for _ in range(100)}) == 100


# Details


def test_a_queued_task_has_a_name_and_a_time():
    announcer = make_announcer()
    task = make_task("a.jpg")

    tell = announcer.queued(task)

    assert tell.event == "task_queued"
    assert tell.task is task
    assert tell.details == {
        "task_id": announcer.task_id(task),
        "task": "gallery.tasks.show",
        "status": "queued",
        "queued_at": WALL + 1.0,
        "attempts": 1,
    }


def test_a_started_task_has_a_worker():
    task = committed()

    tell = make_announcer().started(task, 102.0)

    assert tell.event == "task_started"
    assert tell.details["started_at"] == WALL + 2.0
    assert (tell.details["worker"], tell.details["slot"], tell.details["worker_pid"]) == (7, 2, 4711)


def test_an_executed_task_has_its_times():
    announcer, task = make_announcer(), committed()
    announcer.started(task, 102.0)

    (tell,) = announcer.finished(ended(task, GOOD), GOOD)

    assert tell.event == "task_finished"
    assert tell.details["status"] == "executed"
    assert (tell.details["wait_time"], tell.details["run_time"]) == (1.5, 0.25)
    assert tell.details["started_at"] == WALL + 2.5
    assert tell.details["error"] is None


def test_a_task_is_told_to_have_started_before_it_is_told_to_have_finished():
    task = committed()

    tells = make_announcer().finished(ended(task, GOOD), GOOD)

    assert [tell.event for tell in tells] == ["task_started", "task_finished"]


def test_an_error_is_told_by_itself_and_with_the_end():
    task = committed()

    tells = make_announcer().finished(ended(task, BAD), BAD)

    assert [tell.event for tell in tells] == ["task_started", "task_error", "task_finished"]
    for tell in tells[1:]:
        assert tell.details["status"] == "failed"
        assert tell.details["error"] == "ValueError: no such photo"
        assert tell.details["traceback"] == "Traceback …"


def test_a_cancelled_task_never_ran():
    task = make_task()
    task.state = TaskState.CANCELLED

    (tell,) = make_announcer().cancelled(task)

    assert tell.event == "task_finished"
    assert tell.details["status"] == "cancelled"
    assert (tell.details["wait_time"], tell.details["run_time"], tell.details["error"]) == (None, None, None)


def test_a_lost_task_ran_until_now():
    clock, task = FakeClock(100.0, WALL), committed()
    announcer = Announcer(clock, PoolOptions(worker="inline"))
    announcer.started(task, 102.0)
    clock.now = 110.0
    task.state = TaskState.FAILED

    tells = announcer.failed(task, WorkerLost("killed by SIGKILL"))

    assert [tell.event for tell in tells] == ["task_error", "task_finished"]
    assert tells[1].details["error"] == "WorkerLost: killed by SIGKILL"
    assert tells[1].details["run_time"] == 8.0
    assert tells[1].details["worker"] == 7


def test_a_task_that_failed_before_it_began_never_ran():
    task = make_task()
    task.state = TaskState.FAILED

    tells = make_announcer().failed(task, WorkerLost("no worker"))

    assert tells[1].details["run_time"] is None
    assert "worker" not in tells[1].details or tells[1].details["worker"] is None


# What may tell secrets


def test_arguments_are_told_only_when_asked_for():
    task = make_task("a.jpg", size=256)

    assert "arguments" not in make_announcer().queued(task).details
    assert make_announcer(describe_arguments=True).queued(task).details["arguments"] == "'a.jpg', size=256"


def test_every_event_of_a_task_tells_its_arguments_when_asked_for():
    announcer, task = make_announcer(describe_arguments=True), committed("a.jpg")

    tells = [announcer.queued(task), *announcer.finished(ended(task, GOOD), GOOD), *announcer.cancelled(task)]

    assert {tell.details["arguments"] for tell in tells} == {"'a.jpg'"}


def test_the_call_is_told_with_the_arguments_and_never_without():
    task = make_task("a.jpg", size=256)

    assert "call" not in make_announcer().queued(task).details
    told = make_announcer(describe_arguments=True).queued(task).details["call"]
    assert told == '{"args": ["a.jpg"], "kwargs": {"size": 256}}'


def test_the_call_is_told_as_it_was_before_the_task_changed_its_arguments():
    photos = ["a.jpg"]
    task, announcer = committed(photos), make_announcer(describe_arguments=True)
    announcer.queued(task)
    photos.clear()

    tells = announcer.finished(ended(task, GOOD), GOOD)

    assert {tell.details["call"] for tell in tells} == {'{"args": [["a.jpg"]], "kwargs": {}}'}


def test_results_are_told_only_when_asked_for():
    told = make_announcer().finished(ended(committed(), GOOD), GOOD)[-1].details
    told_all = make_announcer(describe_results=True).finished(ended(committed(), GOOD), GOOD)[-1].details

    assert "result" not in told
    assert told_all["result"] == "42"


def test_long_values_are_shortened():
    text = make_announcer(describe_arguments=True).queued(make_task("x" * 10_000)).details["arguments"]

    assert len(text) < 100


def test_a_value_whose_text_cannot_be_made_is_told_so():
    class Unspeakable:
        def __repr__(self) -> str:
            raise RuntimeError("no words")

    text = make_announcer(describe_arguments=True).queued(make_task(Unspeakable())).details["arguments"]

    assert "Unspeakable" in text or "no words" in text


@pytest.mark.parametrize("outcome", [GOOD, BAD])
def test_details_are_plain_json(outcome: Outcome):
    announcer = make_announcer(describe_arguments=True, describe_results=True)
    task = committed("a.jpg")

    tells = [announcer.queued(task), *announcer.finished(ended(task, outcome), outcome), *announcer.cancelled(task)]

    for tell in tells:
        assert json.loads(json.dumps(tell.details)) == tell.details
