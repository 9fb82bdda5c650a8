"""Tasks of an imaginary site."""

from __future__ import annotations

import os
import threading

from django.contrib.auth.models import Group

import poolapp


@poolapp.task
def add(a: int, b: int) -> int:
    return a + b


@poolapp.task(name="testing.whoami", pool="threads")
def whoami() -> tuple[int, int]:
    return os.getpid(), threading.get_ident()


def append(items: list[int]) -> list[int]:
    items.append(3)
    return items


def rename(before: str, after: str) -> int:
    return Group.objects.filter(name=before).update(name=after)


def refuse(value: object) -> None:
    raise ValueError(f"no {value!r}, please")


def unpicklable() -> object:
    return threading.Lock()


async def count_groups() -> int:
    return await Group.objects.acount()


def add_twice(a: int) -> int:
    return poolapp.execute(add, a, a).result(timeout=1)
