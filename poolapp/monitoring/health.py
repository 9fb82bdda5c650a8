"""Whether this server process should be given requests, for load balancers and container platforms."""

from __future__ import annotations

import os
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from poolapp import pools
from poolapp.conf import get_settings
from poolapp.monitoring.access import may_read

OK = "ok"
DEGRADED = "degraded"
# What a pool says of itself, and what that means for requests; the worst of all pools counts.
VERDICTS = {"ready": OK, "busy": OK, "paused": "paused", "degraded": DEGRADED}
UNFIT = ("draining", "drained", "starting", "stopping", "stopped", "without workers")
SEVERITY = (OK, "paused", DEGRADED, *UNFIT)
TOLD = ("state", "ready", "worker_nodes", "busy_worker_nodes", "queued_tasks", "executing_tasks", "trouble")


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """200 with {"status": …} while the pools of this process can take tasks, 503 while they cannot.

    Who may read figures also gets them, pool by pool.
    """
    snapshots = {alias: pool.snapshot(tasks=False) for alias, pool in pools.running().items()}
    status = max(map(verdict, snapshots.values()), key=SEVERITY.index, default=OK)
    body: dict[str, Any] = {"status": status}
    if may_read(request):
        body |= {"host": pools.HOST, "pid": os.getpid(), "pools": _described(snapshots)}
    return JsonResponse(body, status=503 if status in UNFIT else 200)


def verdict(snapshot: dict[str, Any]) -> str:
    """Whether a pool can take tasks, in a word."""
    state = snapshot["state"]
    if (
        state == "degraded"
        and snapshot["min_size"]
        and not any(worker["state"] in ("idle", "busy") for worker in snapshot["workers"])
    ):
        return "without workers"
    return str(VERDICTS.get(state, state))


def _described(snapshots: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A few figures of each pool; one that waits for its first task has none."""
    described: dict[str, Any] = {alias: {"state": "not started"} for alias in get_settings().pools}
    return described | {alias: {name: snapshot[name] for name in TOLD} for alias, snapshot in snapshots.items()}
