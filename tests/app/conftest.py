"""What the tests of the Django app share: started pools, gates for tasks, commands in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from poolapp import pools as running_pools
from poolapp.models import TaskRecord
from tests.app.gates import Gate

ROOT = Path(__file__).parents[2]
POOLS = {
    "default": {"WORKER": "process", "MIN_SIZE": 2},
    "threads": {"WORKER": "thread", "MIN_SIZE": 2},
}
# Long enough for a slow machine, short enough to find out.
SECONDS_FOR_A_COMMAND = 40


@pytest.fixture(scope="module")
def shared_pools(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Pools for the tests of a module, started by whoever needs them first."""
    with django_db_blocker.unblock(), override_settings(POOLAPP={"POOLS": POOLS}):
        yield
        running_pools.stop(timeout=10)
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def pools(transactional_db: None, settings) -> Iterator[dict[str, object]]:
    """The POOLAPP setting of this test, to be changed before the first task; its pools end with the test."""
    settings.POOLAPP = {"POOLS": POOLS}
    yield settings.POOLAPP
    running_pools.stop(timeout=5)


@pytest.fixture
def thread_pools(pools: dict[str, object], settings) -> None:
    """As `pools`, but without processes, for what is the same with threads: they start in no time."""
    settings.POOLAPP = {"POOLS": dict.fromkeys(POOLS, POOLS["threads"])}


@pytest.fixture
def gates(tmp_path: Path) -> Iterator[Callable[[], Gate]]:
    """Makes gates, and lets everybody through at the end."""
    made: list[Gate] = []

    def make() -> Gate:
        made.append(Gate(tmp_path / f"gate-{len(made)}"))
        return made[-1]

    yield make
    for gate in made:
        gate.tear_down()


@pytest.fixture
def gate(gates: Callable[[], Gate]) -> Gate:
    return gates()


@pytest.fixture
def old_and_new(transactional_db: None) -> None:
    """Records of two tasks, called "old" (older than anything is kept) and "new"."""
    for name, age in (("old", timedelta(days=1000)), ("new", timedelta())):
        moment = timezone.now() - age
        TaskRecord.objects.create(
            id=uuid.uuid4(),
            name=name,
            pool="default",
            status="executed",
            host="here",
            pid=1,
            queued_at=moment,
            finished_at=moment,
        )


def run_python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in another process, with the tests' settings and database, to its end."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONWARNINGS": "error"} | environment,
        text=True,
        capture_output=True,
        timeout=SECONDS_FOR_A_COMMAND,
    )


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a management command in another process, to its end."""
    return run_python("manage.py", *arguments, **environment)
