"""What the page of one pool shows."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from poolapp import pools
from poolapp.conf import get_settings
from poolapp.control.verbs import MOST_WORKERS
from poolapp.dashboard import charts, messages, presenters
from poolapp.dashboard.history import Samples, forebears
from poolapp.dashboard.history import history as thinned_history
from poolapp.engine.strategies import STRATEGIES
from poolapp.engine.workers.memory import cpu_time, resident_set
from poolapp.models import PoolEvent, PoolInstance
from poolapp.overview import Entry, entry_of, identity, pool_key

EXITS_SHOWN = 12
# With more workers than these the tiles are small.
MANY_WORKERS = 64


def page(instance: PoolInstance, user: Any, site: str = "admin") -> dict[str, Any]:
    """The template context; the browser starts from the same values in `state`."""
    entry = _entry(instance)
    base = presenters.state(user, site, [instance])
    frame = {**base["frame"], "pools": [entry]}
    return {
        "pool": {**presenters.pool_view(entry, base["links"]["pool"]), "has_many": _has_many(entry)},
        "settings": list(_settings(entry)),
        "strategies": list(STRATEGIES),
        "most_workers": MOST_WORKERS,
        "charts": charts.CHARTS,
        "ranges": presenters.ranges(),
        "can_control": user.has_perm("poolapp.control_pool"),
        "shown_at": presenters.now(),
        "state": {
            **base,
            "frame": frame,
            "pool": pool_key(*identity(entry)),
            "figures": figures(instance),
            "links": {
                **base["links"],
                "figures": reverse("admin:poolapp_dashboard_figures", args=[instance.pk], current_app=site),
            },
        },
    }


def figures(instance: PoolInstance) -> dict[str, Any]:
    """What the tasks of each name have done in the pool, the costliest first, and the workers that it has lost."""
    pool = _here(instance)
    snapshot = instance.snapshot if pool is None else pool.snapshot()
    names = [{"name": name, **usage} for name, usage in snapshot.get("tasks", {}).items()]
    return {
        "names": sorted(names, key=_cost, reverse=True),
        "exits": _exits(instance),
        "processes": list(_processes(instance, snapshot.get("workers", ()))),
    }


def history(instance: PoolInstance, seconds: int) -> Samples:
    """The samples of so many seconds, also those of the pools that it has followed; empty without any."""
    line = [*forebears(instance, seconds), instance]
    return thinned_history({instance.alias: line}, seconds).get(instance.alias, {})


def _entry(instance: PoolInstance) -> Entry:
    """The pool as it is, if it lives here, otherwise as of its last heartbeat."""
    if (pool := _here(instance)) is not None:
        return pools.snapshot_of(instance.alias, pool)
    return entry_of(instance)


def _here(instance: PoolInstance) -> Any:
    own = pools.running().get(instance.alias)
    return own if own is not None and pools.instance_of(instance.alias) == instance.pk else None


def _cost(name: dict[str, Any]) -> float:
    cost: float = name["run_time"]["aggregate"]
    return cost


def _processes(instance: PoolInstance, workers: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What the worker processes use, as far as they are those of this host: seconds of CPU, bytes of memory."""
    for worker in workers if instance.host == pools.HOST else ():
        pid = worker.get("pid")
        if pid is not None and pid != instance.pid and (cpu := cpu_time(pid)) is not None:
            yield {"pid": pid, "at": time.monotonic(), "memory": resident_set(pid), "cpu": cpu}


def _exits(instance: PoolInstance) -> list[dict[str, Any]]:
    rows = PoolEvent.objects.using(get_settings().database).filter(
        event="worker_exit",
        pool=instance.alias,
        host=instance.host,
        pid=instance.pid,
        at__gte=instance.started_at,
        details__expected=False,
    )
    wanted = ("slot", "worker_pid", "reason")
    return [
        {"id": row.pk, "at": row.at.timestamp(), **{name: row.details.get(name) for name in wanted}}
        for row in rows.order_by("-at")[:EXITS_SHOWN]
    ]


def _settings(entry: Entry) -> Iterator[dict[str, Any]]:
    """What the pool goes by, as names and values."""
    named = {
        "worker": entry.get("worker"),
        "min_size": entry.get("min_size"),
        "max_size": entry.get("max_size"),
        "strategy": entry.get("strategy"),
        **{f"queue.{name}": value for name, value in entry.get("queue", {}).items()},
    }
    for name, value in named.items():
        shown = f"{value:g}" if isinstance(value, float) else value
        yield {"name": name, "value": messages.NOTHING if value is None else shown}
    yield {"name": _("version"), "value": entry.get("version", messages.NOTHING)}


def _has_many(entry: Entry) -> bool:
    return len(entry.get("workers", ())) > MANY_WORKERS
