"""A migrated database for every server, and a table of what was measured."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.servers.running import run


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a migrated database, to be copied."""
    directory = tmp_path_factory.mktemp("migrated")
    with run(directory, "manage.py", "migrate", "--verbosity", "0") as command:
        assert command.process.wait(60) == 0, command.output
    return directory


@pytest.fixture
def directory(migrated: Path, tmp_path: Path) -> Path:
    """A directory of the test's own with a migrated database."""
    for file in migrated.glob("db.sqlite3*"):
        shutil.copy(file, tmp_path)
    return tmp_path


class Row(NamedTuple):
    """What was seen of one server: each of its requests is a task; a pool has two workers and their nursery."""

    server: str
    pools: int
    tasks: int
    seconds_to_stop: float
    processes_before: int
    processes_left: int


ROWS: list[Row] = []


@pytest.fixture
def figures() -> list[Row]:
    """Where a test writes down what it has measured; the table is shown at the end of the run."""
    return ROWS


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not ROWS:
        return
    terminalreporter.section("servers")
    terminalreporter.write_line(f"{'':22} pools  tasks served  seconds to stop  processes before  left")
    for row in ROWS:
        terminalreporter.write_line(
            f"{row.server:22} {row.pools:5}  {row.tasks:12}  {row.seconds_to_stop:15.2f}"
            f"  {row.processes_before:16}  {row.processes_left:4}"
        )
