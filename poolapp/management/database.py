"""What commands say when the database does not answer as it should."""

from __future__ import annotations

from django.db import DatabaseError

# How PostgreSQL and MySQL number a table or a column that is not there; SQLite only says so.
MISSING = ("42P01", "42703", 1146, 1054)
MISSING_IN_SQLITE = ("no such table", "no such column", "has no column named")


def cannot_be_asked(exc: DatabaseError) -> str:
    """A line for a command that cannot go on."""
    return f"the database cannot be asked ({said(exc)}){migrate_hint(exc)}"


def migrate_hint(exc: DatabaseError) -> str:
    """A question about migrations where a table or a column is missing, nothing otherwise."""
    return "; has `manage.py migrate` been run?" if _is_unmigrated(exc) else ""


def said(exc: DatabaseError) -> str:
    return str(exc).strip()


def _is_unmigrated(exc: DatabaseError) -> bool:
    number = getattr(exc.__cause__, "sqlstate", None) or next(iter(exc.args), None)
    return number in MISSING or any(words in str(exc) for words in MISSING_IN_SQLITE)
