"""From models and running pools to what the dashboard shows: frames for the browser, plain values for the templates."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Model
from django.urls import get_script_prefix, reverse
from django.utils import timezone

from poolapp.conf import get_settings
from poolapp.dashboard import attention, charts, feed, messages
from poolapp.dashboard.feed import NO_TASK
from poolapp.dashboard.history import DEFAULT_RANGE, RANGES, Samples, history
from poolapp.engine.events import PRIVATE
from poolapp.models import (
    CommandStatus,
    PoolCommand,
    PoolEvent,
    PoolInstance,
    TaskRecord,
    TaskStatus,
)
from poolapp.overview import Entry, all_pools, identity, pool_key

# Seconds of the past that each page starts with, and into how many samples they are thinned: the charts ask for more.
HISTORY = 300
HISTORY_LENGTH = 30
# Seconds for which a page keeps the samples of frames.
LIVE = 900
FEED_LENGTH = 100
TASKS_SHOWN = 15
SOCKET_PATH = "ws/poolapp/"
# States that last until somebody asks for another.
HELD = ("paused", "draining", "drained")
# Stands for an id in the addresses that scripts fill in.
NO_POOL = 0

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
        "charts": charts.CHARTS,
        "ranges": ranges(),
        "several": len(_names(first)) > 1,
        "findings": attention.findings(site, entries=first["pools"]),
        "events": feed.lines(first["events"], base["links"]),
        "tasks": task_rows(first["events"], base["links"]["task"]),
        "can_control": user.has_perm("poolapp.control_pool"),
        "shown_at": now(),
        "state": {**base, "frame": first},
    }


def state(user: Any, site: str = "admin", instances: Collection[PoolInstance] | None = None) -> dict[str, Any]:
    """What every live page starts from, without any figures of pools but the history of these."""
    links = {
        "data": "dashboard_data",
        "attention": "dashboard_attention",
        "control": "dashboard_control",
        "tasks": "taskrecord_changelist",
    }
    return {
        "frame": {"type": "frame", "seq": 0, "pools": [], "events": [], "dropped": 0},
        "history": recent_history(instances),
        "texts": messages.catalogue(),
        "links": {
            "socket": get_script_prefix() + SOCKET_PATH,
            "pool": reverse("admin:poolapp_dashboard_pool", args=[NO_POOL], current_app=site),
            "history": reverse("admin:poolapp_dashboard_history", args=[NO_POOL], current_app=site),
            "task": task_address(user, site),
            "event": event_address(user, site),
            **{key: reverse(f"admin:poolapp_{name}", current_app=site) for key, name in links.items()},
        },
        "recorded": get_settings().record.tasks,
        "limits": {"feed": FEED_LENGTH, "tasks": TASKS_SHOWN, "history": LIVE},
        "patience": attention.PATIENCE,
        "now": now(),
        "timezone": timezone.get_current_timezone_name(),
    }


def ranges() -> list[dict[str, Any]]:
    """The spans of time that charts can show."""
    return [
        {"seconds": seconds, "label": messages.span_text(seconds), "is_default": seconds == DEFAULT_RANGE}
        for seconds in RANGES
    ]


def now() -> float:
    """The time, in Unix seconds."""
    return timezone.now().timestamp()


def recent_events(limit: int = FEED_LENGTH) -> list[dict[str, Any]]:
    """The latest records as events, oldest first: half of them about pools, so that many tasks leave room for those."""
    pool_events = _recorded(PoolEvent)[: limit // 2]
    tasks = _recorded(TaskRecord).defer(*PRIVATE)[: limit // 2]
    events = [_pool_event(record) for record in pool_events] + [_task_event(record) for record in tasks]
    return sorted(events, key=lambda event: event["at"])


def recent_history(instances: Collection[PoolInstance] | None = None) -> dict[str, Samples]:
    """What every live page knows of the past from the start, by pool; `instances`: all that live unless given."""
    pools = _recorded(PoolInstance).alive() if instances is None else instances
    return history({pool_key(pool.alias, pool.host, pool.pid): [pool] for pool in pools}, HISTORY, most=HISTORY_LENGTH)


def pool_view(entry: Entry, address: str = "") -> Entry:
    """A pool as its card shows it; `address` is that of the page of a pool, with NO_POOL for its id."""
    alive = entry.get("alive", True)
    told_at = (entry.get("started_at") or 0) + (entry.get("uptime") or 0)
    low, high = entry.get("min_size"), entry.get("max_size")
    return {
        **entry,
        "key": pool_key(*identity(entry)),
        "url": address.replace(f"/{NO_POOL}/", f"/{entry['instance']}/") if entry.get("instance") else "",
        "shown_state": entry.get("state") if alive else "silent",
        "is_held": entry.get("state") in HELD,
        "is_running": alive and entry.get("state") not in HELD,
        "queue_threshold": _queue_threshold(entry),
        "size": low if low == high else f"{low}–{high}",
        "distant": bool(entry.get("heartbeat_age")),
        "workers": [_worker_view(worker, told_at) for worker in entry.get("workers", ())],
    }


def _queue_threshold(entry: Entry) -> int | None:
    """How many tasks wait when the queue of every worker that the pool may have is as long as its threshold."""
    queue, most = entry.get("queue", {}), entry.get("max_size")
    return queue["size"] * most if queue.get("enabled") and queue.get("size") and most else None


def _worker_view(worker: Entry, told_at: float) -> Entry:
    since = worker.get("running_since")
    return {**worker, "running_for": told_at - since if since and told_at - since >= 1 else None}


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


def event_address(user: Any, site: str = "admin") -> str:
    """Where an event of a pool is looked up; empty for those who may not see the records of events."""
    allowed = user.has_perm("poolapp.view_poolevent")
    return reverse("admin:poolapp_dashboard_event", current_app=site) if allowed else ""


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
    details = {key: value for key, value in record.details.items() if key not in PRIVATE}
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
