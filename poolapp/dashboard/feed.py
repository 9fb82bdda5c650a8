"""The feed of events: its lines, and the records that they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from poolapp.conf import get_settings
from poolapp.dashboard import messages
from poolapp.models import PoolEvent
from poolapp.moments import moment

# Stands for an id in the address of a task.
NO_TASK = "00000000-0000-0000-0000-000000000000"
# What tells an event from all others.
IDENTITY = ("pool", "host", "pid", "event", "at")
# Databases keep a moment to the microsecond; a float, as frames have it, is about as exact.
PRECISION = timedelta(milliseconds=1)


def lines(events: list[dict[str, Any]], links: Mapping[str, str]) -> list[dict[str, Any]]:
    """The events worth a line, newest first, each with where its record is."""
    told = []
    for event in reversed(events):
        if messages.is_told(event):
            said, sentence = messages.say(event)
            line = {**event, "tone": said.tone, "about": said.about, "sentence": sentence}
            told.append({**line, "url": _address(event, links)})
    return told


def recorded(identity: Mapping[str, str]) -> PoolEvent | None:
    """The record of an event; None where there is none, or where the identity is none."""
    events = PoolEvent.objects.using(get_settings().database)
    try:
        at = moment(float(identity["at"]))
        same = {name: identity[name] for name in IDENTITY if name != "at"}
        return events.filter(at__range=(at - PRECISION, at + PRECISION), **same).first()
    except (KeyError, ValueError, OverflowError, OSError):
        return None


def _address(event: Mapping[str, Any], links: Mapping[str, str]) -> str:
    if "task_id" in event:
        return links["task"].replace(NO_TASK, event["task_id"])
    return f"{links['event']}?{urlencode({name: event[name] for name in IDENTITY})}" if links["event"] else ""
