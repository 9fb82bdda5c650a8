"""Records in a database of their own, which the setting names, or a router of the site."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.conftest import run_python

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]


@pytest.mark.parametrize("router", ["ours", "site"])
def test_everything_goes_to_the_database_of_the_records(tmp_path: Path, router: str):
    ran = run_python(
        "-m",
        "tests.app.two_databases_site",
        DJANGO_SETTINGS_MODULE="tests.app.two_databases",
        POOLAPP_TEST_DIR=str(tmp_path),
        POOLAPP_RECORDS=str(tmp_path / "records.sqlite3"),
        POOLAPP_TEST_ROUTER=router,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == [
        "default",
        "records poolapp_poolcommand poolapp_poolevent poolapp_poolinstance poolapp_poolsnapshot poolapp_taskrecord",
        "PoolInstance True",
        "PoolSnapshot True",
        "TaskRecord True",
        "PoolEvent True",
        "PoolCommand True",
        "ann asked; 1 line in the log",
    ]
