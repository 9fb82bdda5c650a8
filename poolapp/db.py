"""Database connections around tasks and in threads of our own."""

from __future__ import annotations

from contextlib import suppress

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper


class fresh_connections:  # noqa: N801  # used like a function, as contextlib's classes are
    """Around a task: no connection that is broken or too old goes in, none stays open longer than settings allow."""

    def __enter__(self) -> None:
        _close_old_connections()

    def __exit__(self, *exc_info: object) -> None:
        _close_old_connections()


def keep_connections() -> None:
    """In a thread that asks the database again and again: a connection to a server stays open as long as it works.

    What CONN_MAX_AGE says holds, unless it is 0: that is about requests, and opening one costs more than what is asked.
    """
    for connection in connections.all(initialized_only=True):
        if connection.settings_dict["CONN_MAX_AGE"] or not _is_worth_keeping(connection):
            connection.close_if_unusable_or_obsolete()
        elif connection.connection is not None and not connection.is_usable():
            connection.close()


def _is_worth_keeping(connection: BaseDatabaseWrapper) -> bool:
    """Not what is a file, which may be replaced by another, nor what comes from a pool of connections."""
    return connection.vendor != "sqlite" and not connection.settings_dict["OPTIONS"].get("pool")


def close_connections() -> None:
    """At the end of a worker: nothing stays open, however long connections may live."""
    connections.close_all()


def _close_old_connections() -> None:
    """As Django's own, but for a connection in a transaction, which belongs to whoever runs a task in place."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            with suppress(Error):  # it cannot be closed in good order: it is gone already, and Django has let go of it
                connection.close_if_unusable_or_obsolete()


def database_names() -> dict[str, str]:
    """The names of the databases in use, by alias; under a test runner those of the test databases."""
    return {connection.alias: str(connection.settings_dict["NAME"]) for connection in connections.all()}
