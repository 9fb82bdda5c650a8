"""`manage.py poolprune`."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from poolapp import retention
from poolapp.models import PoolEvent, TaskRecord
from tests.app.test_retention import HOUR, NOW, event, task

pytestmark = pytest.mark.django_db


def prune(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("poolprune", *arguments, stdout=out)
    return out.getvalue().splitlines()


@pytest.fixture(autouse=True)
def an_hour(settings) -> None:
    settings.POOLAPP = {"RETENTION": {"TASKS": 3600, "EVENTS": 3600, "SNAPSHOTS": 3600}}


def test_it_goes_by_the_setting_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retention, "ROWS_AT_ONCE", 2)
    for _ in range(5):
        task(NOW - 2 * HOUR)
    young, running = task(NOW - 0.5 * HOUR), task(None)
    event(NOW - 2 * HOUR)

    said = prune()

    assert said == ["5 tasks deleted", "1 pool events deleted", "0 pool snapshots deleted", "0 pool instances deleted"]
    assert set(TaskRecord.objects.all()) == {young, running}


def test_a_number_can_be_given():
    for number in range(4):
        event(NOW - number * HOUR / 10)

    assert prune("--event-count", "3", "--dry-run")[1] == "1 pool events would be deleted"
    assert prune("--event-count", "3")[1] == "1 pool events deleted"
    with pytest.raises(CommandError, match="a number of rows is from 1 to 1000000000000, not '0'"):
        prune("--task-count", "0")


@pytest.mark.parametrize("age, left", [("30s", 0), ("45m", 1), ("1.5h", 2), ("7d", 3)])
def test_an_age_can_be_given(age: str, left: int):
    for hours in (0.5, 1, 2):
        task(NOW - hours * HOUR)
    event(NOW - 2 * HOUR)

    prune("--tasks", age, "--events", "3h")

    assert (TaskRecord.objects.count(), PoolEvent.objects.count()) == (left, 1)


def test_a_dry_run_only_counts():
    task(NOW - 2 * HOUR)

    assert prune("--dry-run")[0] == "1 tasks would be deleted"
    assert TaskRecord.objects.count() == 1


@pytest.mark.parametrize("age", ["7", "d", "-1d", "7w"])
def test_what_is_no_age_is_refused(age: str):
    with pytest.raises(CommandError, match=f"such as 7d, not '{age}'"):
        prune(f"--tasks={age}")


def test_it_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retention, "ROWS_AT_ONCE", 2)
    for _ in range(3):
        task(NOW - 2 * HOUR)

    assert prune("--verbosity", "2")[:3] == ["2 tasks so far", "3 tasks so far", "3 tasks deleted"]
