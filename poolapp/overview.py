"""All pools of all server processes: those here as they are, the others as of their last heartbeat."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from poolapp.conf import get_settings
from poolapp.models import PoolInstance
from poolapp.pools import local_snapshots

Entry = dict[str, Any]
"""A snapshot with whose it is: alias, host, pid, alive and heartbeat_age (seconds)."""

# What a lost process has, whatever its last snapshot says.
NOTHING_LEFT: Entry = {
    "ready": False,
    "workers": [],
    **dict.fromkeys(("worker_nodes", "idle_worker_nodes", "busy_worker_nodes", "queued_tasks", "executing_tasks"), 0),
}


def all_pools(now: datetime | None = None) -> list[Entry]:
    """The entries of all pools that live or were lost of late, by alias; first the pool that speaks for itself."""
    here = local_snapshots()
    known = {identity(entry) for entry in here}
    instances = PoolInstance.objects.using(get_settings().database).alive_or_lost(now)
    elsewhere = [entry_of(instance, now) for instance in instances]
    return sorted(here + [entry for entry in elsewhere if identity(entry) not in known], key=_place)


def identity(entry: Entry) -> tuple[str, str, int]:
    """What tells a pool from all others."""
    return entry["alias"], entry["host"], entry["pid"]


def pool_key(alias: str, host: str, pid: int) -> str:
    """The same as one text, for scripts."""
    return f"{alias}|{host}|{pid}"


def _place(entry: Entry) -> tuple[str, bool, str, int]:
    return entry["alias"], bool(entry["heartbeat_age"]), entry["host"], entry["pid"]


def entry_of(instance: PoolInstance, now: datetime | None = None) -> Entry:
    """A pool as of its last heartbeat."""
    alive = instance.is_alive(now)
    return {
        **instance.snapshot,
        **({} if alive else NOTHING_LEFT),
        "alias": instance.alias,
        "host": instance.host,
        "pid": instance.pid,
        "instance": instance.pk,
        "alive": alive,
        "heard_at": instance.heartbeat_at.timestamp(),
        "heartbeat_age": round(instance.heartbeat_age(now), 1),
    }
