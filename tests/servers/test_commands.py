"""Management commands start no pool, no thread and no process."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.servers.processes import descendants
from tests.servers.running import run

pytestmark = pytest.mark.slow
LOOK_AROUND = """
import threading, pathlib
print("threads:", sorted(thread.name for thread in threading.enumerate()))
print("children:", [file.read_text() for file in pathlib.Path("/proc/self/task").glob("*/children")])
"""


@pytest.mark.parametrize(
    "command",
    [
        ("check",),
        ("migrate",),
        ("shell", "-c", LOOK_AROUND),
        ("poolstatus",),
    ],
    ids=lambda command: command[0],
)
def test_a_command_waits_for_its_first_task(directory: Path, command: tuple[str, ...]):
    children: set[str] = set()

    with run(directory, "manage.py", *command) as running:
        while running.process.poll() is None:
            children |= {process.name for process in descendants(running.pid)}
            with suppress(subprocess.TimeoutExpired):
                running.process.wait(0.01)

    assert running.verdicts == [(False, f"the command {command[0]}")]
    assert "starts a process" not in running.output
    assert children == set()
    assert running.owners() == []
    if command[0] == "shell":
        assert "threads: ['MainThread']" in running.output
        assert "children: ['']" in running.output


def test_the_tests_of_a_site_start_no_pool(directory: Path):
    with run(directory, "manage.py", "test", "tests.sampleapp") as running:
        assert running.process.wait(60) == 0, running.output

    assert "Ran 1 test" in running.output
    assert running.verdicts == [(False, "the command test")]
    assert "starts a process" not in running.output


# One string is one write: what other threads log meanwhile must not come between its parts.
CODE = "import poolapp; from tests.sampleapp.tasks import add; print('sum: %d' % poolapp.execute(add, 1, 2).result(30))"


def test_tasks_run_even_where_the_tables_are_missing(tmp_path: Path):
    with run(tmp_path, "manage.py", "shell", "-c", CODE) as running:
        assert running.process.wait(60) == 0

    assert "sum: 3" in running.output
    assert "poolapp: poolapp could not write its heartbeat (failure 1); it tries again" in running.output


def test_a_command_that_executes_a_task_has_a_pool_as_long_as_it_lives(directory: Path):
    with run(directory, "manage.py", "shell", "-c", CODE) as running:
        assert running.process.wait(60) == 0

    assert "sum: 3" in running.output
    assert running.owners() == [running.pid]
    assert running.rows("SELECT count(*) FROM poolapp_poolinstance WHERE stopped_at IS NULL") == [(0,)]
    assert descendants(running.pid) == []
