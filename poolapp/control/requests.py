"""Asking the process that owns a pool to do something, from any other process."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from poolapp import pools
from poolapp.conf import get_settings
from poolapp.control.verbs import check
from poolapp.engine.errors import PoolError
from poolapp.models import PoolCommand, PoolInstance

# A request that nobody has taken after this long is not carried out any more.
EXPIRES_AFTER = timedelta(seconds=30)


class NoSuchPool(PoolError, LookupError):
    """No live pool fits the description."""


def find_instances(alias: str | None = None, host: str | None = None, pid: int | None = None) -> list[PoolInstance]:
    """The live pools that fit; raises NoSuchPool when there is none."""
    wanted = {"alias": alias, "host": host, "pid": pid}
    given = {name: value for name, value in wanted.items() if value is not None}
    instances = list(PoolInstance.objects.using(get_settings().database).alive().filter(**given))
    if not instances:
        described = ", ".join(f"{name} {value}" for name, value in given.items())
        raise NoSuchPool(f"there is no live pool{' with ' + described if described else ''}")
    return instances


def request(
    verb: str,
    alias: str | None = None,
    host: str | None = None,
    pid: int | None = None,
    workers: Iterable[int] = (),
    arguments: dict[str, Any] | None = None,
    requested_by: str = "",
) -> PoolCommand:
    """Ask the one live pool that fits to do something; the answer will be in the row that is returned.

    verb: one of PoolCommand.Verb.
    workers: the ids of the workers meant, all when empty.
    arguments: more about it, JSON-ready.
    requested_by: the name of whoever asks.

    Raises NoSuchPool when no live pool fits, PoolError when several do, a worker is not one of the pool's or an
    argument is none of the verb's, and ValueError for an unknown verb.
    """
    instances = find_instances(alias, host, pid)
    if len(instances) > 1:
        raise PoolError(f"{len(instances)} live pools fit; say which by alias, host and process id")
    return ask(instances[0], verb, workers, arguments, requested_by)


def ask(
    instance: PoolInstance,
    verb: str,
    workers: Iterable[int] = (),
    arguments: dict[str, Any] | None = None,
    requested_by: str = "",
) -> PoolCommand:
    """Ask this pool; see `request`."""
    workers, arguments = list(workers), dict(arguments or {})
    if workers:
        arguments["workers"] = workers
    there = {worker["id"] for worker in instance.snapshot.get("workers", [])}
    unknown = [worker for worker in workers if worker not in there]
    if unknown:
        raise PoolError(f"{instance} has no worker {unknown[0]}, only {', '.join(map(str, sorted(there)))}")
    (command,) = ask_all(verb, [(instance, arguments)], requested_by)
    return command


def ask_all(
    verb: str, asked: Iterable[tuple[PoolInstance, dict[str, Any]]], requested_by: str = ""
) -> list[PoolCommand]:
    """Ask these pools the same, each with arguments of its own: all of them or, where one cannot be, none."""
    verb, database = PoolCommand.Verb(verb), get_settings().database
    with transaction.atomic(using=database):
        commands = [_leave(instance, verb, arguments, requested_by) for instance, arguments in asked]
        transaction.on_commit(_call, using=database)
    return commands


def _leave(instance: PoolInstance, verb: str, arguments: dict[str, Any], requested_by: str) -> PoolCommand:
    check(verb, arguments)
    now = timezone.now()
    return PoolCommand.objects.using(get_settings().database).create(
        instance=instance,
        verb=verb,
        arguments=arguments,
        requested_by=requested_by[:255],
        requested_at=now,
        expires_at=now + EXPIRES_AFTER,
    )


def _call() -> None:
    """Have the pool's process look for the request at once, as far as it can be told."""
    pools.wake()
    if apps.is_installed("channels"):
        from poolapp import fleet

        fleet.call()
