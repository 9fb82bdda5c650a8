"""The figures of all pools in the Prometheus format; needs the extra `poolapp[prometheus]`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from poolapp.monitoring.access import may_read
from poolapp.overview import Entry, all_pools
from poolapp.pools import local_snapshots

WHOSE = ("pool", "host", "pid")
# name, help, and what it is in a snapshot
GAUGES = (
    ("queued_tasks", "Tasks that wait.", "queued_tasks"),
    ("executing_tasks", "Tasks that run.", "executing_tasks"),
    ("min_workers", "Workers that are always there.", "min_size"),
    ("max_workers", "Workers at the most.", "max_size"),
    ("ready", "1 while the minimum of workers is ready.", "ready"),
    ("degraded", "1 while there are slots whose workers do not last.", "trouble"),
    ("back_pressure", "1 while all queues are too long.", "back_pressure"),
    (
        "heartbeat_age_seconds",
        "Seconds since the pool was heard of; 0 in the process that answers.",
        "heartbeat_age",
    ),
)
COUNTERS = (
    ("submitted_tasks", "Tasks that were given.", "submitted_tasks"),
    ("busy_seconds", "Seconds of work done by all workers together.", "busy_time"),
    ("worker_restarts", "Workers that were replaced because they died.", "restarts"),
    ("recycled_workers", "Workers that were replaced because of their age or size.", "recycled_workers"),
    ("retried_tasks", "Tasks that ran again because their worker had died.", "retried_tasks"),
    ("dropped_records", "Events of tasks that were not recorded.", "dropped_records"),
    ("dropped_events", "Events that listeners were too slow for.", "dropped_events"),
)
OUTCOMES = ("executed", "failed", "cancelled")


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All live pools of all server processes, whichever of them answers; 403 for those who may not read figures.

    While the database cannot be asked, those of this process.
    """
    if not may_read(request):
        return HttpResponse("a token or the permission poolapp.view_dashboard is needed\n", "text/plain", 403)
    registry = CollectorRegistry()
    registry.register(PoolCollector(_entries()))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type)


def _entries() -> list[Entry]:
    try:
        return [entry for entry in all_pools() if entry["alive"]]
    except DatabaseError:
        return local_snapshots()


class PoolCollector(Collector):
    """Makes metrics of snapshots."""

    def __init__(self, snapshots: Iterable[Entry]) -> None:
        self._snapshots = list(snapshots)

    def collect(self) -> Iterator[Metric]:
        for name, meaning, key in GAUGES:
            yield self._family(GaugeMetricFamily, name, meaning, key)
        for name, meaning, key in COUNTERS:
            yield self._family(CounterMetricFamily, name, meaning, key)
        yield self._by_outcome()
        yield self._workers()

    def _family(self, kind: type[Any], name: str, meaning: str, key: str) -> Metric:
        family = kind(f"poolapp_{name}", meaning, labels=WHOSE)
        for snapshot in self._snapshots:
            value = snapshot.get(key) or 0
            family.add_metric(_whose(snapshot), 1 if isinstance(value, str) else value)  # text: there is trouble
        return family  # type: ignore[no-any-return]

    def _by_outcome(self) -> Metric:
        family = CounterMetricFamily("poolapp_tasks", "Tasks that are over, by outcome.", labels=(*WHOSE, "outcome"))
        for snapshot in self._snapshots:
            for outcome in OUTCOMES:
                family.add_metric((*_whose(snapshot), outcome), snapshot[f"{outcome}_tasks"])
        return family

    def _workers(self) -> Metric:
        family = GaugeMetricFamily("poolapp_workers", "Workers, by what they are about.", labels=(*WHOSE, "state"))
        for snapshot in self._snapshots:
            states = [worker["state"] for worker in snapshot["workers"]]
            for state in sorted({"idle", "busy", *states}):
                family.add_metric((*_whose(snapshot), state), states.count(state))
        return family


def _whose(snapshot: Entry) -> tuple[str, str, str]:
    return snapshot["alias"], snapshot["host"], str(snapshot["pid"])
