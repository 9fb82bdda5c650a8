"""A table that is away for a while: a database failure as real as they come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, models


def error_without_table() -> str:
    """The name of the exception that a query of a missing table raises."""
    return "OperationalError" if connection.vendor == "sqlite" else "ProgrammingError"


@contextmanager
def missing(model: type[models.Model]) -> Iterator[None]:
    """Within, every query of the model's table fails."""
    table = model._meta.db_table
    _rename(table, f"{table}_away")
    try:
        yield
    finally:
        _rename(f"{table}_away", table)


def _rename(table: str, name: str) -> None:
    with connection.cursor() as cursor:
        # On SQLite, tables that refer to this one must go on doing so by its old name.
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA legacy_alter_table = ON")
        cursor.execute(f"ALTER TABLE {table} RENAME TO {name}")
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA legacy_alter_table = OFF")
