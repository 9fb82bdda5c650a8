"""A migrated database for every server."""

from __future__ import annotations

import shutil
from pathlib import Path

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
