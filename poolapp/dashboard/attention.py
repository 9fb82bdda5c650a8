"""What needs attention: what somebody would find who looks at all pools for a while."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from poolapp.conf import get_settings
from poolapp.dashboard import messages
from poolapp.models import PoolSnapshot, TaskRecord, TaskStatus
from poolapp.overview import Entry, all_pools, identity, pool_key

# The past that the present is compared with.
LOOKED_BACK = timedelta(minutes=1)
SHORTEST_LOOK = 10.0  # seconds
# From so many failures on, and from this share on, they are told.
FEWEST_FAILURES, SMALLEST_SHARE = 3, 0.05
TASKS_READ = 500
# Of all that failed, those that were queued last: some have waited long, while later ones were stolen from their queue.
FAILURES_READ = 5_000
# A queue grows when it is longer by this factor and by a task for each worker, and keeps its workers for so long.
GROWTH = 1.2
SECONDS_BEHIND = 5.0
# Workers that may hang are at a task for so many seconds at least, and for so many times as long as nearly all others
# took; where none has ended yet, for so many seconds. Pages go by the same.
PATIENCE = {"least": 5.0, "times": 2.0, "alone": 60.0}
MOST_WORKERS_NAMED = 3


class Finding(NamedTuple):
    """what: tells it from others about the same pool, and stays while the sentence changes.
    tone: "bad" for what is wrong, "warn" for what somebody should know.
    url: where to go on.
    """

    what: str
    tone: str
    sentence: str
    url: str


class Past(NamedTuple):
    """What a pool had counted a while ago."""

    seconds: float
    executed: int
    failed: int
    cancelled: int
    queued: int


def findings(
    site: str = "admin", now: datetime | None = None, entries: Collection[Entry] | None = None
) -> list[Finding]:
    """What is wrong with the pools that live, or were lost of late; what is worse comes first.

    entries: those pools, where they are known already.
    """
    now = now or timezone.now()
    entries = all_pools(now) if entries is None else entries
    pasts = _pasts([entry.get("instance") for entry in entries], now)
    names = _names(entries)
    found: list[Finding] = []
    for entry in entries:
        about_it = _of_pool({**entry, "name": names[identity(entry)]}, pasts.get(entry.get("instance")), site)
        found += [finding._replace(what=f"{finding.what} of {pool_key(*identity(entry))}") for finding in about_it]
    return sorted(found, key=lambda finding: finding.tone)  # "bad" before "warn"


def _names(entries: Collection[Entry]) -> dict[tuple[str, str, int], str]:
    """What to call each pool, so that it is told from its namesakes: in containers, all processes may be number 1."""
    namesakes = Counter(entry["alias"] for entry in entries)
    doubles = Counter((entry["alias"], entry["pid"]) for entry in entries)
    names = {}
    for alias, host, pid in map(identity, entries):
        name = _("{pool} of process {pid}") if namesakes[alias] > 1 else "{pool}"
        name = _("{pool} of process {pid} on {host}") if doubles[alias, pid] > 1 else name
        names[alias, host, pid] = name.format(pool=alias, host=host, pid=pid)
    return names


def _of_pool(entry: Entry, past: Past | None, site: str) -> Iterator[Finding]:
    url = _address(entry.get("instance"), site)
    if not entry["alive"]:
        said = _("The process of {pool} was lost: nothing was heard of it for {age}.")
        yield Finding(
            "lost", "bad", said.format(pool=entry["name"], age=messages.duration_text(entry["heartbeat_age"])), url
        )
        return
    if "state" not in entry:
        return  # its first heartbeat is being written
    about_it = [_about_its_state(entry, url), _about_its_workers(entry, url)]
    if past is not None:
        about_it += [_about_failures(entry, past, site), _about_its_queue(entry, past, url)]
    for some in about_it:
        with suppress(KeyError, TypeError):  # another version of poolapp tells other things
            yield from some


def _address(instance: int | None, site: str) -> str:
    return reverse("admin:poolapp_dashboard_pool", args=[instance], current_app=site) if instance else ""


def _about_its_state(entry: Entry, url: str) -> Iterator[Finding]:
    pool, waiting = entry["name"], messages.count_text(entry["queued_tasks"])
    if trouble := entry.get("trouble"):
        yield Finding("trouble", "bad", f"{pool}: {trouble}", url)
    if trouble := entry.get("recording_trouble"):
        yield Finding(
            "recording", "bad", _("{pool} cannot write its records: {trouble}").format(pool=pool, trouble=trouble), url
        )
    if entry["state"] == "paused":
        yield Finding(
            "held", "warn", _("{pool} is paused; {waiting} tasks wait.").format(pool=pool, waiting=waiting), url
        )
    if entry["state"] in ("draining", "drained"):
        yield Finding(
            "held", "warn", _("{pool} is drained: it takes no tasks until it is resumed.").format(pool=pool), url
        )
    if dropped := entry.get("dropped_records"):
        said = _("{pool}: {count} tasks or events are not on record, because the database did not keep up.")
        yield Finding("dropped", "warn", said.format(pool=pool, count=messages.count_text(dropped)), url)


def _about_its_workers(entry: Entry, url: str) -> Iterator[Finding]:
    """Those that are at a task for much longer than tasks of this pool take."""
    now = (entry["started_at"] or 0.0) + entry["uptime"]
    usual = entry["run_time"]["p99"]
    patience = PATIENCE["alone"] if usual is None else max(PATIENCE["least"], PATIENCE["times"] * usual)
    slow = [
        worker for worker in entry["workers"] if worker["running_since"] and now - worker["running_since"] > patience
    ]
    for worker in slow[:MOST_WORKERS_NAMED]:
        said = _("Worker {slot} of {pool} may hang: it is at {task} for {time}, others took {usual} at the most.")
        yield Finding(
            f"worker {worker['id']}",
            "bad",
            said.format(
                slot=worker["slot"],
                pool=entry["name"],
                task=messages.short_text(worker["task"]),
                time=messages.duration_text(now - worker["running_since"]),
                usual=messages.seconds_text(usual),
            ),
            url,
        )
    if (more := len(slow) - MOST_WORKERS_NAMED) > 0:
        said = _("{count} more workers of {pool} may hang.")
        yield Finding("more workers", "bad", said.format(count=messages.count_text(more), pool=entry["name"]), url)


def _about_failures(entry: Entry, past: Past, site: str) -> Iterator[Finding]:
    failed = entry["failed_tasks"] - past.failed
    total = failed + entry["executed_tasks"] - past.executed
    if failed < FEWEST_FAILURES or failed < SMALLEST_SHARE * total:
        return
    said = _("{pool}: {failed} of {total} tasks failed in the last {time}; most often {names}.")
    wanted = {"status": TaskStatus.FAILED.value, "pool": entry["alias"]}
    url = reverse("admin:poolapp_taskrecord_changelist", current_app=site)
    yield Finding(
        "failures",
        "bad",
        said.format(
            pool=entry["name"],
            failed=messages.count_text(failed),
            total=messages.count_text(total),
            time=messages.duration_text(past.seconds),
            names=_failing(entry, failed, past.seconds),
        ),
        f"{url}?{urlencode(wanted)}",
    )


def _about_its_queue(entry: Entry, past: Past, url: str) -> Iterator[Finding]:
    """That more tasks come than are done, and what its workers are busy with."""
    if entry["state"] in ("paused", "draining"):
        return
    queued = entry["queued_tasks"]
    ended = entry["executed_tasks"] + entry["failed_tasks"] + entry["cancelled_tasks"]
    done = (ended - past.executed - past.failed - past.cancelled) / past.seconds
    come = max(0.0, done + (queued - past.queued) / past.seconds)
    is_longer = queued > GROWTH * past.queued and queued - past.queued > entry["worker_nodes"]
    is_growing = is_longer and queued > SECONDS_BEHIND * done
    if not (is_growing or entry.get("back_pressure")):
        return
    said = (
        _("The queue of {pool} grows: {queued} tasks wait, {come} come and {done} are done; {cause}.")
        if is_growing
        else _("The queues of {pool} are long: {queued} tasks wait, {come} come and {done} are done; {cause}.")
    )
    yield Finding(
        "queue",
        "bad",
        said.format(
            pool=entry["name"],
            queued=messages.count_text(queued),
            come=messages.rate_text(come),
            done=messages.rate_text(done),
            cause=_cause(entry),
        ),
        url,
    )


def _cause(entry: Entry) -> str:
    """How many workers are busy, and what most of their time goes to; without records, what they are at now."""
    busy = _("{busy} of {workers} workers are busy").format(
        busy=entry["busy_worker_nodes"], workers=entry["worker_nodes"]
    )
    times = _times_of_late(entry) or Counter(worker["task"] for worker in entry["workers"] if worker["task"])
    if not times:
        return busy
    task, time = max(times.items(), key=itemgetter(1))
    share = messages.percent_text(time / sum(times.values()))
    return _("{busy}, {share} of their time goes to {task}").format(
        busy=busy, share=share, task=messages.short_text(task)
    )


def _times_of_late(entry: Entry) -> Mapping[str, float]:
    """The seconds that the latest tasks of a pool ran, by their names.

    The latest of all pools are read, since an index leads to those.
    """
    executed = TaskRecord.objects.using(get_settings().database).filter(status=TaskStatus.EXECUTED)
    latest = executed.order_by("-queued_at").values_list("pool", "host", "pid", "name", "run_time")[:TASKS_READ]
    times: dict[str, float] = defaultdict(float)
    for *whose, name, seconds in latest:
        if tuple(whose) == identity(entry) and seconds:
            times[name] += seconds
    return times


def _failing(entry: Entry, failed: int, seconds: float) -> str:
    """The names that failed most often of late, and how often; of how many, where that is not all that failed."""
    names = _failures_of_late(entry, timezone.now() - timedelta(seconds=seconds))
    if not names:
        return messages.NOTHING
    said = ", ".join(f"{messages.short_text(name)} ({count})" for name, count in names.most_common(2))
    if len(names) > 2:
        said = _("{names} and others").format(names=said)
    if names.total() < failed:
        count = messages.count_text(names.total())
        said = _("{names}, of {count} that were looked at").format(names=said, count=count)
    return said


def _failures_of_late(entry: Entry, since: datetime) -> Counter[str]:
    """How many tasks of a pool have failed since then, by their names.

    Indexes know when tasks were queued, not when they ended. The latest of all pools are looked through, since an
    index leads to those.
    """
    failed = TaskRecord.objects.using(get_settings().database).filter(status=TaskStatus.FAILED)
    moments = failed.order_by("-queued_at").values_list("queued_at", flat=True)
    for earlier in moments[FAILURES_READ : FAILURES_READ + 1]:
        failed = failed.filter(queued_at__gt=earlier)
    of_late = failed.filter(finished_at__gte=since).order_by().values_list("pool", "host", "pid", "name")
    counted = of_late.annotate(count=Count("pk"))
    return Counter({name: count for *whose, name, count in counted if tuple(whose) == identity(entry)})


def _pasts(instances: Collection[int | None], now: datetime) -> dict[Any, Past]:
    """What pools had counted about a minute ago, by the id of their PoolInstance."""
    rows = (
        PoolSnapshot.objects.using(get_settings().database)
        .filter(instance__in=instances, at__gte=now - LOOKED_BACK)
        .order_by("-at")
        .values_list("instance", "at", "executed_tasks", "failed_tasks", "cancelled_tasks", "queued_tasks")
    )
    pasts = {}
    for instance, at, *figures in rows:  # the oldest of each is kept
        seconds = (now - at).total_seconds()
        if seconds >= SHORTEST_LOOK:
            pasts[instance] = Past(seconds, *figures)
    return pasts
