"""The dashboard's words, sentences and units: said here for the server's page and for the browser's modules alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple, TypeGuard

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

NOTHING = "–"

WORDS = {
    "stopped": _("stopped"),
    "starting": _("starting"),
    "ready": _("ready"),
    "busy": _("busy"),
    "paused": _("paused"),
    "draining": _("draining"),
    "drained": _("drained"),
    "degraded": _("degraded"),
    "stopping": _("stopping"),
    "silent": _("lost"),
    "live": _("live"),
    "idle": _("idle"),
    "retiring": _("retiring"),
    "queued": _("queued"),
    "running": _("running"),
    "executed": _("executed"),
    "failed": _("failed"),
    "cancelled": _("cancelled"),
    "fixed": _("fixed size"),
    "dynamic": _("dynamic size"),
    "process": _("processes"),
    "thread": _("threads"),
    "dask": _("Dask workers"),
}


class Said(NamedTuple):
    """How the feed tells an event: its tone (good, bad, plain), what it is about, and the sentence."""

    tone: str
    about: str
    sentence: Any


EVENTS = {
    "ready": Said("good", "pool", _("The pool is ready.")),
    "busy": Said("plain", "pool", _("Every worker is busy.")),
    "busy_end": Said("plain", "pool", _("A worker is free again.")),
    "full": Said("plain", "pool", _("The pool has grown to its largest size.")),
    "full_end": Said("plain", "pool", _("The pool is below its largest size again.")),
    "empty": Said("plain", "pool", _("The pool has no worker left.")),
    "back_pressure": Said("bad", "pool", _("Tasks arrive faster than they are done: every queue is long.")),
    "back_pressure_end": Said("good", "pool", _("The queues are short again.")),
    "destroy": Said("plain", "pool", _("The pool has stopped.")),
    "error": Said("bad", "pool", _("Error: {error}")),
    "worker_online": Said("good", "pool", _("Worker {slot} is online as process {worker_pid}.")),
    "worker_thread_online": Said("good", "pool", _("Worker {slot} is online.")),
    "worker_exit": Said("plain", "pool", _("Worker {slot} has left: {reason}.")),
    "worker_lost": Said("bad", "pool", _("Worker {slot} was lost (process {worker_pid}): {reason}.")),
    "task_executed": Said("good", "task", _("{task} finished in {run_time}{where}.")),
    "task_failed": Said("bad", "task", _("{task} failed{where}: {error}")),
    "task_cancelled": Said("plain", "task", _("{task} was cancelled.")),
    "unknown": Said("plain", "pool", "{event}"),
}
WHERE = _(" on worker {slot}")

# What the tables show anyway would only push the rest out of the feed.
UNTOLD = frozenset({"task_queued", "task_started"})

BADGES = {
    "connecting": _("connecting"),
    "live": _("live"),
    "polling": _("polling"),
    "stale": _("stale since {age}"),
    "off": _("off, {age} old"),
    "signed_out": _("signed out: reload the page"),
    "paused": _("paused"),
}

LOST = {
    "one": _("{count} worker lost"),
    "several": _("{count} workers lost"),
}

DROPPED = _("{count} events not recorded")

REQUESTS = {
    "asked": _("Asked the pool …"),
    "failed": _("The request failed: {error}"),
    "no_answer": _("No answer from the server. The request may still be carried out."),
    "signed_out": _("You are signed out, or may not do this any more: reload the page."),
}

OUTCOMES = {
    "pending": _("Waiting for the pool's process …"),
    "running": _("Restarting: {replaced} of {total} workers replaced …"),  # all else is done at once
    "failed": _("The request failed: {error}"),
    "expired": _("The pool's process did not take the request in time."),
}
DONE = {
    "restart": _("Done: {replaced} of {total} workers were replaced."),
    "pause": _("Done: the pool is paused."),
    "resume": _("Done: the pool takes up work again."),
    "drain": _("Done: the pool takes no new tasks and finishes those that it has."),
    "resize": _("Done: the pool has {min_size} to {max_size} workers."),
    "strategy": _("Done: workers are chosen by {strategy}."),
    "cancel": _("Done: the task was {task}."),
    "cancel_many": _("Done: {cancelled} cancelled, {aborted} asked to end."),
    "repeat": _("Done: {repeated} run again."),
}
# Why something cannot be done to tasks, after how many of them it is so.
REFUSED = _("Not possible: {reasons}.")
REFUSALS = {
    "over": _("is over by now"),
    "gone": _("has no record any more"),
    "unfinished": _("waits or runs still"),
    "unknown": _("is not registered under its name"),
    "no_call": _("has no recorded arguments"),
    "full": _("found the queue full"),
    "drained": _("belongs to a drained pool, which takes no tasks"),
    "no_pool": _("has no live pool"),
}

LIST = {
    "live": _("live"),
    "ticked": _("held while rows are ticked"),
    "focused": _("held while you work in it"),
    "pointed": _("held while you point at it"),
    "stale": _("stale since {age}"),
    "signed_out": _("signed out: reload the page"),
    "off": _("not refreshed"),
}

CHARTS = {
    "per_second": _("{value}/s"),
    "now": _("now"),
    "summary": _("{title}, {measure}. Now: {now}. Highest in {span}: {highest}. Arrow keys move along."),
}


def say(event: Mapping[str, Any]) -> tuple[Said, str]:
    """How an event is told, and the sentence itself."""
    said = EVENTS[event_key(event)]
    return said, str(said.sentence).format_map(_values(event))


def outcome(verb: str, status: str, answer: Mapping[str, Any]) -> str:
    """What became of a request."""
    if status != "done":
        return str(OUTCOMES[status]).format_map(_Values(answer))
    said = DONE["cancel_many" if "aborted" in answer else verb]
    sentences = [str(said).format_map(_Values(answer))]
    if answer.get("refused"):
        sentences.append(str(REFUSED).format(reasons=refusals_text(answer["refused"])))
    return " ".join(sentences)


def refusals_text(refused: Mapping[str, int]) -> str:
    """How many cannot be, by why."""
    return ", ".join(f"{count_text(count)}: {REFUSALS.get(reason, reason)}" for reason, count in refused.items())


def is_told(event: Mapping[str, Any]) -> bool:
    """Whether the feed tells of it; of an error about a worker the exit of that worker tells."""
    return event["event"] not in UNTOLD and not (event["event"] == "error" and event.get("worker") is not None)


def event_key(event: Mapping[str, Any]) -> str:
    """Which sentence tells the event."""
    name = event["event"]
    if name == "task_finished":
        name = f"task_{event.get('status')}"
    elif name == "task_error":
        name = "task_failed"
    elif name == "worker_exit" and not event.get("expected", True):
        name = "worker_lost"
    elif name == "worker_online" and not event.get("worker_pid"):
        name = "worker_thread_online"
    return name if name in EVENTS else "unknown"


def count_text(value: float | None) -> str:
    return _decimal(value, 0) if _known(value) else NOTHING


def dropped_text(count: float | None) -> str:
    """How many events were left out of the records."""
    return str(DROPPED).format(count=count_text(count))


def lost_text(count: float | None) -> str:
    """How many workers a pool has lost."""
    return str(LOST["one" if count == 1 else "several"]).format(count=count_text(count))


def seconds_text(value: float | None) -> str:
    """A time with the unit that needs no zeros."""
    if not _known(value):
        return NOTHING
    if value < 1e-3:
        return f"{_decimal(value * 1e6, 0)} µs"
    if value < 1:
        return f"{_three_digits(value * 1e3)} ms"
    if value < 60:
        return f"{_three_digits(value)} s"
    return duration_text(value)


def duration_text(value: float | None) -> str:
    """A long time in its two largest units."""
    if not _known(value):
        return NOTHING
    minutes, seconds = divmod(int(value), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def span_text(seconds: int) -> str:
    """A span of time in its one unit."""
    return f"{seconds // 3600} h" if seconds >= 3600 else f"{seconds // 60} min"


def short_text(name: str | None) -> str:
    """The last part of a task's name, which tells it from its neighbours."""
    return name.rpartition(".")[2] if name else NOTHING


def home_text(name: str | None) -> str:
    """Where a task of this name lives."""
    return name.rpartition(".")[0] if name else ""


def bytes_text(value: float | None) -> str:
    """An amount of memory."""
    return f"{_three_digits(value / 2**20)} MB" if _known(value) else NOTHING


def percent_text(value: float | None) -> str:
    return f"{_decimal(value * 100, 0)}%" if _known(value) else NOTHING


def rate_text(value: float | None) -> str:
    """So many a second."""
    if not _known(value):
        return NOTHING
    return str(CHARTS["per_second"]).format(value=_three_digits(value) if value > 0 else "0")


def clock_text(at: float | None) -> str:
    """The time of day, in the zone that the admin uses."""
    return f"{moment(at):%H:%M:%S}" if _known(at) else NOTHING


def exact_text(at: datetime | None) -> str:
    """A date and time to the millisecond: tasks are often shorter than what the admin's own format shows."""
    if at is None:
        return NOTHING
    return f"{timezone.localtime(at) if timezone.is_aware(at) else at:%Y-%m-%d %H:%M:%S.%f}"[:-3]


def moment_text(at: float | None) -> str:
    """A date and time to the millisecond, with how far its zone is from UTC."""
    if not _known(at):
        return NOTHING
    there = moment(at)
    written = there.isoformat(" ", "milliseconds")  # 2026-01-02 04:04:05.678+01:00
    return f"{written[:23]} UTC{written[23:29] if there.utcoffset() else ''}"


def iso_text(at: float | None) -> str:
    """The same for machines."""
    return f"{moment(at).astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z" if _known(at) else ""


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(round(at, 3), timezone.get_current_timezone())


def word(value: str | None) -> str:
    return str(WORDS.get(value, value)) if value else NOTHING


def catalogue() -> dict[str, Any]:
    """Everything the browser's modules say, in the reader's language."""
    return {
        "words": _spoken(WORDS),
        "events": {key: {**said._asdict(), "sentence": str(said.sentence)} for key, said in EVENTS.items()},
        "untold": sorted(UNTOLD),
        "where": str(WHERE),
        "badges": _spoken(BADGES),
        "lost": _spoken(LOST),
        "dropped": str(DROPPED),
        "requests": _spoken(REQUESTS),
        "charts": _spoken(CHARTS),
    }


def _known(value: Any) -> TypeGuard[float]:
    """Neither None nor what a template makes of a missing value."""
    return value is not None and value != ""


class _Values(dict[str, Any]):
    """Values for a sentence; what is not known is a dash."""

    def __missing__(self, key: str) -> str:
        return NOTHING


def _values(event: Mapping[str, Any]) -> _Values:
    known = _Values((key, value) for key, value in event.items() if value is not None)
    known["run_time"] = seconds_text(event.get("run_time"))
    if "task" in known:
        known["task"] = short_text(known["task"])
    known["where"] = str(WHERE).format(slot=event["slot"]) if event.get("slot") is not None else ""
    return known


def _spoken(texts: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(text) for key, text in texts.items()}


def _three_digits(value: float) -> str:
    return _decimal(value, 0 if value >= 100 else 1 if value >= 10 else 2)


def _decimal(value: float, places: int) -> str:
    """Rounded as browsers do it: Django only cuts off."""
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return number_format(rounded, decimal_pos=places, force_grouping=True)
