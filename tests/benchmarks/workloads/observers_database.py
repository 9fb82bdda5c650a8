"""A database of our own in the PostgreSQL server of this machine, if there is one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SERVER = {"host": "127.0.0.1", "port": 5432, "user": "postgres", "dbname": "postgres", "connect_timeout": 2}


def why_no_postgresql() -> str:
    """What is missing, in words; nothing when all is there."""
    try:
        import psycopg
    except ImportError:
        return "psycopg is not installed"
    try:
        connect().close()
    except psycopg.OperationalError as exc:
        return str(exc).splitlines()[0]
    return ""


@contextmanager
def postgresql() -> Iterator[str]:
    """An empty database, dropped afterwards; its name."""
    name = f"poolapp_benchmark_{os.getpid()}"
    with connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield name
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def connect() -> Any:
    import psycopg

    return psycopg.connect(**SERVER, autocommit=True)
