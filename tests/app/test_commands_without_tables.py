"""Commands where the database has no tables, or is not there."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, ProgrammingError
from django.db.backends.base.base import BaseDatabaseWrapper

from poolapp.management.database import cannot_be_asked
from tests.app.conftest import manage

COMMANDS = [("poolstatus",), ("poolcontrol", "pause"), ("poolrestart",), ("poolprune",)]


@pytest.mark.sqlite
@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_tables_one_line_says_what_to_do(command, tmp_path):
    ran = manage(*command, POOLAPP_TEST_DIR=str(tmp_path))

    assert ran.returncode == 1
    assert "has `manage.py migrate` been run?" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.django_db
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_a_database_one_line_says_what_it_said(command, monkeypatch):
    def refuse(connection: BaseDatabaseWrapper) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(BaseDatabaseWrapper, "_cursor", lambda self, name=None: refuse(self))

    with pytest.raises(CommandError, match="connection refused") as caught:
        call_command(*command)

    assert "migrate" not in str(caught.value)


@pytest.mark.parametrize(
    "sqlstate, asks",
    [("42P01", True), ("42501", False)],
    ids=["undefined table", "insufficient privilege"],
)
def test_postgresql_is_known_by_its_numbers_in_any_language(sqlstate, asks):
    error = ProgrammingError("Fehler")
    error.__cause__ = Exception()
    error.__cause__.sqlstate = sqlstate

    assert ("migrate" in cannot_be_asked(error)) is asks
