"""From models and running pools to what the dashboard shows: frames for the browser, plain values for the templates."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model
from django.urls import get_script_prefix, reverse
from django.utils import timezone

from poolapp.conf import get_settings
from poolapp.dashboard import messages
from poolapp.models import (
    CommandStatus,
    PoolCommand,
    PoolEvent,
    PoolInstance,
    PoolSnapshot,
    TaskRecord,
    TaskStatus,
)
from poolapp.overview import Entry, all_pools, identity

HISTORY = timedelta(minutes=5)
FEED_LENGTH = 100
TASKS_SHOWN = 15
SOCKET_PATH = "ws/poolapp/"
# Of a task and its values only its record tells, to those who may see records.
UNTOLD = ("arguments", "call", "result", "traceback")
# Stand for an id in the addresses that scripts fill in.
NO_POOL = 0
NO_TASK = "00000000-0000-0000-0000-000000000000"

_EVENT_OF = {TaskStatus.QUEUED: "task_queued", TaskStatus.RUNNING: "task_started"}
_STATUS_OF = {event: str(status) for status, event in _EVENT_OF.items()}


def frame(seq: int = 0) -> dict[str, Any]:
    """All that is known now, in the shape of the socket's frames: every live pool, the latest events."""
    return {
        "type": "frame",
        "seq": seq,
        "pools": all_pools(),
        "events": recent_events(),
        "dropped": 0,
    }


def page(user: Any, site: str = "admin") -> dict[str, Any]:
    """The dashboard's template context; the browser starts from the same values in `state`."""
    first, base = frame(), state(user, site)
    return {
        "pools": [pool_view(entry, base["links"]["pool"]) for entry in first["pools"]],
        "several": len(_names(first)) > 1,
        "events": feed(first["events"]),
        "tasks": task_rows(first["events"], base["links"]["task"]),
        "can_control": user.has_perm("poolapp.control_pool"),
        "shown_at": now(),
        "state": {**base, "frame": first},
    }


def state(user: Any, site: str = "admin", instances: Collection[PoolInstance] | None = None) -> dict[str, Any]:
    """What every live page starts from, without any figures of pools but the history of these; see `history`."""
    links = {
        "data": "dashboard_data",
        "control": "dashboard_control",
        "tasks": "taskrecord_changelist",
    }
    return {
        "frame": {"type": "frame", "seq": 0, "pools": [], "events": [], "dropped": 0},
        "history": history(instances=instances),
        "texts": messages.catalogue(),
        "links": {
            "socket": get_script_prefix() + SOCKET_PATH,
            "pool": reverse("admin:poolapp_dashboard_pool", args=[NO_POOL], current_app=site),
            "task": task_address(user, site),
            **{key: reverse(f"admin:poolapp_{name}", current_app=site) for key, name in links.items()},
        },
        "recorded": get_settings().record.tasks,
        "limits": {"feed": FEED_LENGTH, "tasks": TASKS_SHOWN, "history": HISTORY.total_seconds()},
        "timezone": timezone.get_current_timezone_name(),
    }


def now() -> float:
    """The time, in Unix seconds."""
    return timezone.now().timestamp()


def recent_events(limit: int = FEED_LENGTH) -> list[dict[str, Any]]:
    """The latest records as events, oldest first: half of them about pools, so that many tasks leave room for those."""
    pool_events = _recorded(PoolEvent)[: limit // 2]
    tasks = _recorded(TaskRecord).defer(*UNTOLD)[: limit // 2]
    events = [_pool_event(record) for record in pool_events] + [_task_event(record) for record in tasks]
    return sorted(events, key=lambda event: event["at"])


def history(
    now: datetime | None = None, *, instances: Collection[PoolInstance] | None = None, span: timedelta = HISTORY
) -> dict[str, list[list[float]]]:
    """Per pool, what the charts need of the last minutes: [at, executed, failed, busy seconds, workers, queued].

    instances: the pools; all that live unless given.
    """
    now = now or timezone.now()
    pools = _recorded(PoolInstance).alive(now) if instances is None else instances
    rows = (
        _recorded(PoolSnapshot)
        .filter(instance__in=pools, at__gte=now - span)
        .order_by("at")
        .values_list(
            "instance__alias",
            "instance__host",
            "instance__pid",
            "at",
            "executed_tasks",
            "failed_tasks",
            "busy_time",
            "worker_nodes",
            "queued_tasks",
        )
    )
    samples: dict[str, list[list[float]]] = {}
    for alias, host, pid, at, *figures in rows:
        samples.setdefault(f"{alias}|{host}|{pid}", []).append([at.timestamp(), *figures])
    return samples


def key_of(entry: Entry) -> str:
    """What a script tells a pool from all others by."""
    return "|".join(map(str, identity(entry)))


def pool_view(entry: Entry, address: str = "") -> Entry:
    """A pool as its card shows it; `address` is that of the page of a pool, with NO_POOL for its id."""
    alive = entry.get("alive", True)
    now = (entry.get("started_at") or 0) + (entry.get("uptime") or 0)
    low, high = entry.get("min_size"), entry.get("max_size")
    return {
        **entry,
        "key": key_of(entry),
        "url": address.replace(f"/{NO_POOL}/", f"/{entry['instance']}/") if entry.get("instance") else "",
        "shown_state": entry.get("state") if alive else "silent",
        "is_paused": entry.get("state") == "paused",
        "is_running": alive and entry.get("state") != "paused",
        "size": low if low == high else f"{low}–{high}",
        "distant": bool(entry.get("heartbeat_age")),
        "workers": [_worker_view(worker, now) for worker in entry.get("workers", ())],
    }


def _worker_view(worker: Entry, now: float) -> Entry:
    since = worker.get("running_since")
    return {**worker, "running_for": now - since if since and now - since >= 1 else None}


def feed(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events worth a line, newest first."""
    lines = []
    for event in reversed(events):
        if messages.is_told(event):
            said, sentence = messages.say(event)
            lines.append({**event, "tone": said.tone, "about": said.about, "sentence": sentence})
    return lines


def task_rows(events: list[dict[str, Any]], task_url: str) -> list[dict[str, Any]]:
    """The tasks that changed last, newest first."""
    tasks = [event for event in reversed(events) if event["event"].startswith("task_") and "task_id" in event]
    return [_task_row(task, task_url) for task in tasks[:TASKS_SHOWN]]


def _task_row(task: dict[str, Any], task_url: str) -> dict[str, Any]:
    status = _STATUS_OF.get(task["event"]) or task.get("status")
    return {**task, "shown_status": status, "url": task_url.replace(NO_TASK, task["task_id"])}


def _names(frame: dict[str, Any]) -> set[str]:
    """The pools that a frame tells of: while there is only one, its name goes without saying."""
    return {entry["alias"] for entry in frame["pools"]} | {event["pool"] for event in frame["events"]}


def task_address(user: Any, site: str = "admin") -> str:
    """Where a task's record is, with NO_TASK for its id; empty for those who may not see records, if any are kept."""
    if get_settings().record.tasks == "none" or not user.has_perm("poolapp.view_taskrecord"):
        return ""
    return reverse("admin:poolapp_taskrecord_change", args=[NO_TASK], current_app=site)


def command_view(command: PoolCommand, site: str = "admin") -> dict[str, Any]:
    """How far a request is, and its outcome as a sentence."""
    status = _status_now(command)
    return {
        "command": command.pk,
        "status": status,
        "finished": status not in (CommandStatus.PENDING, CommandStatus.RUNNING),
        "ok": status == CommandStatus.DONE,
        "answer": command.answer,
        "text": messages.outcome(command.verb, status, command.answer),
        "status_url": reverse("admin:poolapp_dashboard_control_status", args=[command.pk], current_app=site),
    }


def _status_now(command: PoolCommand) -> str:
    """A request that nobody took in time is expired, whether or not somebody has written so."""
    if command.status == CommandStatus.PENDING and command.expires_at < timezone.now():
        return CommandStatus.EXPIRED
    return command.status


def _recorded(model: type[Model]) -> Any:
    """What a model's table keeps, in the database that poolapp is told to use."""
    return model._default_manager.using(get_settings().database)


def _pool_event(record: PoolEvent) -> dict[str, Any]:
    details = {key: value for key, value in record.details.items() if key not in UNTOLD}
    return {
        "event": record.event,
        "pool": record.pool,
        "host": record.host,
        "pid": record.pid,
        "at": record.at.timestamp(),
        **details,
    }


def _task_event(record: TaskRecord) -> dict[str, Any]:
    """The event that brought the record where it is."""
    latest = record.finished_at or record.started_at or record.queued_at
    return {
        "event": _EVENT_OF.get(TaskStatus(record.status), "task_finished"),
        "pool": record.pool,
        "host": record.host,
        "pid": record.pid,
        "at": latest.timestamp(),
        "task_id": str(record.pk),
        "task": record.name,
        "worker": record.worker,
        "slot": record.worker_slot,
        "worker_pid": record.worker_pid,
        "status": record.status,
        "run_time": record.run_time,
        "wait_time": record.wait_time,
        "error": _error_text(record),
    }


def _error_text(record: TaskRecord) -> str | None:
    if not record.error_type:
        return record.error or None
    return record.error if record.error.startswith(record.error_type) else f"{record.error_type}: {record.error}"
