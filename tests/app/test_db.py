"""Database connections around tasks."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from poolapp.db import database_names, fresh_connections


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
