"""What the page of the server processes shows: each host, its processes, and the pools in each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from poolapp.conf import get_settings
from poolapp.dashboard import messages, presenters
from poolapp.models import CommandStatus, PoolCommand, PoolInstance

# Of a pool's snapshot, what this page shows.
SHOWN = ("state", "worker", "worker_nodes", "busy_worker_nodes", "queued_tasks", "executed_tasks", "restarts")
# Counted by pool; all of a process are added up.
ADDED = ("dropped_events",)
# Of the whole process, though each pool's heartbeat tells it.
ABOUT_PROCESS = ("dropped_records", "recording_trouble")
# Why pools start by themselves (poolapp/serving.py), as far as it can be said in other languages.
REASONS = {
    "a server has asked for the application": _("a server has asked for the application"),
    "runserver, the process that serves": _("runserver, the process that serves"),
    "runserver without reloader": _("runserver without reloader"),
    "poolapp.pools.start() was called": _("poolapp.pools.start() was called"),
    "gunicorn has made a worker": _("gunicorn has made a worker"),
    "AUTOSTART is 'always'": _("AUTOSTART is 'always'"),
}
FIRST_USE = _("first use: a task was given to a pool")
COUNTERS = ("dropped_records", "dropped_events", "dropped_frame_events", "failed_frames")


def page(user: Any, site: str = "admin") -> dict[str, Any]:
    """The template context; the browser starts from the same values in `state`."""
    shown = processes(site)
    return {
        "hosts": shown["hosts"],
        "can_control": user.has_perm("poolapp.control_pool"),
        "may_see_records": user.has_perm("poolapp.view_poolinstance"),
        "shown_at": shown["at"],
        "state": {
            "shown": shown,
            "texts": messages.catalogue(),
            "timezone": timezone.get_current_timezone_name(),
            "links": {
                "data": reverse("admin:poolapp_dashboard_instances_data", current_app=site),
                "restart": reverse("admin:poolapp_dashboard_process_restart", current_app=site),
                "tasks": reverse("admin:poolapp_taskrecord_changelist", current_app=site),
                "task": presenters.task_address(user, site),
            },
        },
    }


def processes(site: str = "admin") -> dict[str, Any]:
    """All hosts with their server processes that live, or were lost of late, as of their last heartbeats."""
    rows = PoolInstance.objects.using(get_settings().database).alive_or_lost()
    grouped = groupby(sorted(rows, key=_place), key=_process_of)
    found = [_process(list(instances), site) for _, instances in grouped]
    hosts = groupby(sorted(found, key=lambda process: process["host"]), key=lambda process: process["host"])
    return {"at": presenters.now(), "hosts": [_host(host, list(there)) for host, there in hosts]}


def restart_view(commands: Iterable[PoolCommand], site: str = "admin") -> dict[str, Any]:
    """How far the requests to all pools of a process are, as one answer in the shape of a single request's."""
    views = [presenters.command_view(command, site) for command in commands]
    failed = next((view for view in views if view["finished"] and not view["ok"]), None)
    finished = failed is not None or all(view["finished"] for view in views)
    ids = "&".join(f"id={view['command']}" for view in views)
    address = reverse("admin:poolapp_dashboard_process_restart", current_app=site)
    return {
        "finished": finished,
        "ok": finished and failed is None,
        "text": failed["text"] if failed else _summary(views, finished),
        "status_url": f"{address}?{ids}",
    }


def _summary(views: list[dict[str, Any]], finished: bool) -> str:
    """One sentence for all: what is done, or how far it is."""
    begun = [view["answer"] for view in views if "total" in view["answer"]]
    if not begun:
        return str(views[0]["text"])
    answer = {figure: sum(answer[figure] for answer in begun) for figure in ("replaced", "total")}
    status = CommandStatus.DONE if finished else CommandStatus.RUNNING
    return messages.outcome(PoolCommand.Verb.RESTART, status, answer)


def _place(instance: PoolInstance) -> tuple[str, int, float, str]:
    return (*_process_of(instance), instance.alias)


def _process_of(instance: PoolInstance) -> tuple[str, int, float]:
    """Which process it lives in: in containers, one process after the other may have the same host and id.

    Older versions do not say when theirs began.
    """
    return instance.host, instance.pid, instance.snapshot.get("process", {}).get("since") or 0.0


def _host(host: str, there: list[dict[str, Any]]) -> dict[str, Any]:
    lost = sum(not process["alive"] for process in there)
    return {
        "host": host,
        "processes": there,
        "process_count": len(there) - lost,
        "lost_count": lost,
        "memory": sum(process["memory"] or 0 for process in there if process["alive"]) or None,
    }


def _process(instances: list[PoolInstance], site: str) -> dict[str, Any]:
    """A process as its pools' heartbeats tell of it, the latest first of all."""
    latest = max(instances, key=lambda instance: instance.heartbeat_at)
    snapshot = latest.snapshot
    says: Mapping[str, Any] = snapshot.get("process", {})
    alive = latest.is_alive()
    since = says.get("since") or min(instance.started_at.timestamp() for instance in instances)
    heard_at = latest.heartbeat_at.timestamp()
    process = {
        "key": f"{latest.host}|{latest.pid}|{since:.3f}",
        "host": latest.host,
        "pid": latest.pid,
        "alive": alive,
        "lost": not alive,
        "shown_state": "live" if alive else "silent",
        "heard_at": heard_at,
        "heartbeat_age": latest.heartbeat_age(),
        "since": since,
        "uptime": (presenters.now() if alive else heard_at) - since,
        "reason": _reason(says),
        "server": says.get("server") or None,
        "versions": {name: says.get(name) for name in ("python", "django")} | {"poolapp": snapshot.get("version")},
        "memory": says.get("memory"),
        **{name: says.get(name) for name in ("failed_frames", "dropped_frame_events")},
        **{name: snapshot.get(name) for name in ABOUT_PROCESS},
        **{name: sum(instance.snapshot.get(name) or 0 for instance in instances) for name in ADDED},
        "pools": [_pool(instance, site) for instance in instances],
    }
    return {**process, "is_losing": any(process[name] for name in COUNTERS)}


def _reason(says: Mapping[str, Any]) -> str | None:
    """Why the process has its pools; None when it does not say, as older versions."""
    if "reason" not in says:
        return None
    reason = says["reason"]
    return str(FIRST_USE if reason is None else REASONS.get(reason, reason))


def _pool(instance: PoolInstance, site: str) -> dict[str, Any]:
    alive = instance.is_alive()
    shown = {name: instance.snapshot.get(name) for name in SHOWN}
    if not alive:
        shown |= {"state": "silent", "worker_nodes": 0, "busy_worker_nodes": 0, "queued_tasks": 0}
    return {
        **shown,
        "id": instance.pk,
        "alias": instance.alias,
        "url": reverse("admin:poolapp_dashboard_pool", args=[instance.pk], current_app=site),
        "started_at": instance.started_at.timestamp(),
        "uptime": presenters.now() - instance.started_at.timestamp() if alive else None,
    }
