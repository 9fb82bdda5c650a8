"""Database connections around tasks."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from poolapp.db import database_names, fresh_connections, keep_connections


@pytest.mark.django_db(transaction=True)
class TestFreshConnections:
    def test_a_connection_without_a_lifetime_is_closed_before_and_after(self):
        connection.ensure_connection()

        with fresh_connections():
            assert connection.connection is None
            connection.ensure_connection()

        assert connection.connection is None

    def test_a_connection_that_may_live_on_does(self, monkeypatch):
        connection.close()
        monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", None)
        connection.connect()
        mine = connection.connection

        with fresh_connections():
            assert connection.connection is mine

        assert connection.connection is mine
        connection.close()

    def test_a_transaction_around_it_is_left_alone(self):
        with transaction.atomic():
            mine = connection.connection

            with fresh_connections():
                pass

            assert connection.connection is mine


def test_the_names_are_those_that_are_in_use(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "NAME", "of a test runner")

    assert database_names() == {"default": "of a test runner"}


@pytest.mark.django_db(transaction=True)
class TestKeepConnections:
    def test_a_connection_to_a_server_stays_as_long_as_it_works(self):
        if connection.vendor == "sqlite":
            pytest.skip("SQLite is no server")
        connection.ensure_connection()
        mine = connection.connection
        is_pooled = bool(connection.settings_dict["OPTIONS"].get("pool"))

        keep_connections()

        assert connection.connection is (None if is_pooled else mine)
        connection.ensure_connection()
        break_it(connection)
        keep_connections()
        assert connection.connection is None

    @pytest.mark.sqlite
    def test_a_file_is_opened_anew(self):
        connection.ensure_connection()

        keep_connections()

        assert connection.connection is None

    def test_what_may_live_for_a_while_does(self, monkeypatch):
        connection.close()
        monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", None)
        connection.connect()
        mine = connection.connection

        keep_connections()

        assert connection.connection is mine
        connection.close()


def break_it(connection: BaseDatabaseWrapper) -> None:
    """End a connection from the other side, as a server does that is started anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()" if connection.vendor == "postgresql" else "SELECT connection_id()")
        [number] = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute(
            f"SELECT pg_terminate_backend({number})" if connection.vendor == "postgresql" else f"KILL {number}"
        )
    other.close()
