"""What the charts show of the past: samples of pools, thinned to what can be seen.

The samples of one pool are columns of the same length, in the order of time: `at` (Unix seconds) and those in COLUMNS.
Totals count from the start of a process, times are in seconds. A row in which all but `at` is None is a gap: nothing is
known of the time around it, and totals may begin anew. The scripts keep live samples in the same shape (js/samples.js).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from poolapp.conf import get_settings
from poolapp.models import PoolInstance, PoolSnapshot

Samples = dict[str, list[Any]]

# Each column with the field of PoolSnapshot that it comes from.
COLUMNS = {
    "executed": "executed_tasks",
    "failed": "failed_tasks",
    "busy_time": "busy_time",
    "workers": "worker_nodes",
    "queued": "queued_tasks",
    **{f"{time}_{name}": f"{time}_time_{name}" for time in ("wait", "run") for name in ("p50", "p95", "p99")},
}
# Spans of the past that can be asked for, in seconds.
RANGES = (60, 900, 3600, 86400)
DEFAULT_RANGE = 900
# A span is divided into so many parts, of each of which the last sample is told.
MOST_SAMPLES = 600
# So many times the usual pause between two samples is a gap.
GAP = 3
# Servers that ran before this one, as far back as charts look.
MOST_FOREBEARS = 20
_CHUNK = 2000


def history(
    pools: Mapping[str, Collection[PoolInstance]],
    seconds: float,
    now: datetime | None = None,
    most: int = MOST_SAMPLES,
) -> dict[str, Samples]:
    """The samples of so many seconds by the given keys; of each key's instances one is alive after the other."""
    since = (now or timezone.now()) - timedelta(seconds=seconds)
    step = seconds / most
    gap = max(GAP * get_settings().snapshot_interval, step)
    kept = {key: _Thinned(step, gap) for key in pools}
    place = {instance.pk: kept[key] for key, instances in pools.items() for instance in instances}
    for instance, at, *figures in _rows(place, since):
        place[instance].add(instance, at.timestamp(), figures)
    return {key: thinned.columns() for key, thinned in kept.items() if thinned.rows}


def forebears(instance: PoolInstance, seconds: float) -> list[PoolInstance]:
    """The pools that this one has followed, the oldest first: of the same name and host, one after the other.

    Where several lived at the same time, as with several server processes, none can be told to be the one.
    """
    others = (
        PoolInstance.objects.using(get_settings().database)
        .filter(alias=instance.alias, host=instance.host, heartbeat_at__gte=timezone.now() - timedelta(seconds=seconds))
        .filter(started_at__lt=instance.heartbeat_at)  # those that came after its end are none
        .exclude(pk=instance.pk)
        .defer("snapshot")
    )
    line: list[PoolInstance] = []
    follower = instance
    for other in others.order_by("-started_at")[:MOST_FOREBEARS]:
        if other.heartbeat_at > follower.started_at:
            break
        line.insert(0, other)
        follower = other
    return line


def _rows(instances: Collection[int], since: datetime) -> Iterator[Sequence[Any]]:
    rows = PoolSnapshot.objects.using(get_settings().database).filter(instance__in=list(instances), at__gte=since)
    return rows.order_by("at").values_list("instance_id", "at", *COLUMNS.values()).iterator(chunk_size=_CHUNK)


class _Thinned:
    """The rows of one pool: the last of each step, and one without figures where there is a gap."""

    def __init__(self, step: float, gap: float) -> None:
        self.rows: list[Sequence[Any]] = []
        self._step = step
        self._gap = gap
        self._latest: tuple[int, float] | None = None
        self._part: int | None = None

    def add(self, instance: int, at: float, figures: Sequence[Any]) -> None:
        if self._latest and (instance != self._latest[0] or at - self._latest[1] > self._gap):
            self.rows.append([(self._latest[1] + at) / 2, *(None for _ in figures)])
            self._part = None
        self._latest = (instance, at)
        part = int(at // self._step)
        if part == self._part:
            self.rows.pop()
        self._part = part
        self.rows.append([at, *figures])

    def columns(self) -> Samples:
        values = ([_rounded(value) for value in column] for column in zip(*self.rows, strict=True))
        return dict(zip(("at", *COLUMNS), values, strict=True))


def _rounded(value: Any) -> Any:
    """To the microsecond, which is as much as anybody can see."""
    return round(value, 6) if isinstance(value, float) else value
