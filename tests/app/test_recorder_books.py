"""The records are what a simple model says, whatever happens in which order, and whatever fails on the way."""

from __future__ import annotations

from contextlib import suppress

import pytest
from django.db import DatabaseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poolapp.conf import get_settings
from poolapp.engine.events import Event
from poolapp.models import PoolEvent, TaskRecord
from poolapp.observers import recorder as recording
from poolapp.observers import unwritten
from poolapp.observers.recorder import Recorder
from tests.app.tables import missing
from tests.app.told import task_id, told

pytestmark = pytest.mark.django_db(transaction=True)

LIVES = (
    ("task_queued", "task_started", "task_finished"),
    ("task_queued", "task_finished"),
)
STATUS = {"task_queued": "queued", "task_started": "running", "task_finished": "executed"}
TASKS = 6
# The number of a task is told its next event.
STEPS = st.lists(st.integers(0, TASKS - 1) | st.sampled_from(["event", "flush", "failing flush"]), max_size=40)
PLAN = st.fixed_dictionaries(
    {"lives": st.lists(st.sampled_from(LIVES), min_size=TASKS, max_size=TASKS), "steps": STEPS}
)
repeatedly = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # the database, which each example clears
)


class Play:
    """Plays steps to a recorder, and knows what its pool has told."""

    def __init__(self, lives: list[tuple[str, ...]]) -> None:
        TaskRecord.objects.all().delete()
        PoolEvent.objects.all().delete()
        self.recorder = Recorder(get_settings())
        self.lives = [list(life) for life in lives]
        self.tasks: dict[str, str] = {}  # the status by id
        self.events = 0

    def do(self, step: int | str) -> None:
        if isinstance(step, int):
            self.tell_next(step)
        elif step == "event":
            self.tell_event()
        elif step == "flush":
            self.recorder.flush()
        else:
            self.fail_to_flush()

    def tell_next(self, number: int) -> None:
        if self.lives[number]:
            name = self.lives[number].pop(0)
            self.tasks[task_id(number)] = STATUS[name]
            self.recorder.handle("default", told(name, number))

    def tell_event(self) -> None:
        self.events += 1
        self.recorder.handle("default", Event("busy", float(self.events), {}))

    def fail_to_flush(self) -> None:
        """Try to write when the events of pools cannot be written, which come after the tasks."""
        self.tell_event()
        with missing(PoolEvent), suppress(DatabaseError):
            self.recorder.flush()

    def end(self) -> None:
        """Let all tasks end, and all be written."""
        for number, life in enumerate(self.lives):
            while life:
                self.tell_next(number)
        self.recorder.flush()


def written() -> dict[str, str]:
    return {str(pk): status for pk, status in TaskRecord.objects.values_list("pk", "status")}


def written_events() -> list[float]:
    return [event.at.timestamp() for event in PoolEvent.objects.order_by("pk")]


@repeatedly
@given(plan=PLAN, batch=st.integers(1, 4))
def test_a_flush_writes_the_latest_of_every_task_and_all_events_in_order(
    plan: dict, batch: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(recording, "ROWS_IN_A_BATCH", batch)
    play = Play(plan["lives"])

    for step in plan["steps"]:
        before = written()
        play.do(step)
        if step == "flush":
            assert written() == play.tasks
            assert written_events() == [number + 1.0 for number in range(play.events)]
        else:
            assert written() == before

    play.end()
    assert written() == play.tasks
    assert play.recorder.dropped == 0


@repeatedly
@given(plan=PLAN, room=st.integers(0, 4))
def test_what_is_missing_or_unfinished_in_the_end_is_what_was_dropped(
    plan: dict, room: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(unwritten, "ROOM", room)
    play = Play(plan["lives"])

    for step in plan["steps"]:
        play.do(step)
    play.end()

    finished = TaskRecord.objects.filter(status="executed").count()
    assert (TASKS - finished) + (play.events - PoolEvent.objects.count()) == play.recorder.dropped


@repeatedly
@given(plan=PLAN, room=st.integers(0, 4))
def test_what_has_ended_in_the_records_never_runs_again(plan: dict, room: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(unwritten, "ROOM", room)
    play = Play(plan["lives"])
    ended: set[str] = set()

    for step in plan["steps"]:
        play.do(step)
        now = {task for task, status in written().items() if status == "executed"}

        assert ended <= now
        ended = now
