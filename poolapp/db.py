"""Database connections around tasks and in threads of our own."""

from __future__ import annotations

from django.db import close_old_connections, connections


class fresh_connections:  # noqa: N801  # used like a function, as contextlib's classes are
    """Around a task: no connection that is broken or too old goes in, none stays open longer than settings allow."""

    def __enter__(self) -> None:
        close_old_connections()

    def __exit__(self, *exc_info: object) -> None:
        close_old_connections()


def database_names() -> dict[str, str]:
    """The names of the databases in use, by alias; under a test runner those of the test databases."""
    return {connection.alias: str(connection.settings_dict["NAME"]) for connection in connections.all()}
