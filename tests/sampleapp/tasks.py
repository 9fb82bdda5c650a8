"""Tasks that the tests run."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection

import poolapp


class Refused(Exception):
    """A task's own exception, with more than a message."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text, code)
        self.code = code


@poolapp.task
def add(a: int, b: int = 0) -> int:
    """The sum of two numbers."""
    return a + b


@poolapp.task
async def add_in_a_while(a: int, b: int) -> int:
    await asyncio.sleep(0)
    return a + b


@poolapp.task
def process_id() -> int:
    return os.getpid()


@poolapp.task(pool="threads")
def process_id_of_a_thread() -> int:
    return os.getpid()


@poolapp.task(name="the name of the sample")
def named() -> str:
    return "named"


@poolapp.task
def hold(gate: str | None, value: Any = None) -> Any:
    """Wait at a gate (see tests.app.gates), if any, and return the value."""
    if gate is not None:
        Path(gate).read_text()
    return value


@poolapp.task
def refuse(text: str, code: int = 7) -> None:
    raise Refused(text, code)


@poolapp.task
def say(text: str) -> None:
    """Fail with nothing but this text."""
    raise ValueError(text)


@poolapp.task
def return_what_cannot_be_pickled() -> Callable[[], None]:
    return lambda: None


@poolapp.task
def execute_another() -> int:
    """Do what a task must not: use the pools of its caller."""
    return poolapp.execute(add, 1, 2).result(timeout=10)


@poolapp.task
def leave(exit_code: int) -> None:
    """End the worker from inside."""
    os._exit(exit_code)


@poolapp.task
def is_set_up() -> dict[str, Any]:
    """What the process of a worker has."""
    return {
        "apps": apps.ready,
        "modules": sorted(name for name in sys.modules if name.endswith(".tasks")),
        "database": str(connection.settings_dict["NAME"]),
    }


@poolapp.task
def make_group(name: str) -> int:
    """Write a row; any model would do."""
    return Group.objects.create(name=name).pk


@poolapp.task
def count_groups() -> int:
    return Group.objects.count()


@poolapp.task
def has_a_connection() -> bool:
    """Whether a database connection is open already; afterwards, one is."""
    was_open = connection.connection is not None
    connection.ensure_connection()
    return was_open


@poolapp.task
def break_the_connection() -> None:
    """Leave a database connection behind that Django takes for open."""
    connection.ensure_connection()
    connection.connection.close()
