"""The feed's lines lead to records, and an event is found by what happened, where and when."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from poolapp.dashboard import feed
from poolapp.models import PoolEvent

pytestmark = pytest.mark.django_db
EVENT = reverse("admin:poolapp_dashboard_event")
LINKS = {"task": f"/tasks/{feed.NO_TASK}/", "event": "/event/"}


@pytest.fixture
def record() -> PoolEvent:
    details = {"slot": 1, "worker_pid": 7}
    return PoolEvent.objects.create(
        at=timezone.now(), event="worker_online", pool="default", host="here", pid=4711, details=details
    )


def identity(record: PoolEvent, **changes: Any) -> dict[str, Any]:
    named = {name: getattr(record, name) for name in ("pool", "host", "pid", "event")}
    return {**named, "at": record.at.timestamp(), **changes}


def test_a_line_about_a_pool_leads_to_its_record(client, make_user, record):
    client.force_login(make_user("view_dashboard", "view_poolevent"))
    (line,) = feed.lines([identity(record)], LINKS)
    assert line["url"].startswith("/event/?")

    response = client.get(EVENT + line["url"].removeprefix("/event/"))

    assert response.status_code == 302
    assert response.url == reverse("admin:poolapp_poolevent_change", args=[record.pk])


@pytest.mark.parametrize("use_tz", [True, False])
def test_an_event_is_found_in_any_zone(settings, record, use_tz):
    settings.USE_TZ, settings.TIME_ZONE = use_tz, "America/St_Johns"
    at = record.at.timestamp()
    if not use_tz:
        PoolEvent.objects.update(at=record.at.astimezone().replace(tzinfo=None))

    assert feed.recorded({**identity(record), "at": str(at)}) == record


def test_a_line_about_a_task_leads_to_its_page():
    task = {"event": "task_finished", "status": "executed", "task_id": "1-2", "task": "a", "pool": "default", "at": 1.0}

    (line,) = feed.lines([task], LINKS)

    assert line["url"] == "/tasks/1-2/"


def test_who_may_not_see_records_gets_no_links(record):
    (line,) = feed.lines([identity(record)], {"task": "", "event": ""})

    assert line["url"] == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"at": "yesterday"},
        {"at": "nan"},
        {"at": 1e300},
        {"at": 1.0},
        {"pid": "x"},
        {"pid": 10**30},
        {"pool": "other"},
        {"event": "worker_exit"},
    ],
    ids=str,
)
def test_what_is_not_on_record_is_not_found(client, make_user, record, changes):
    client.force_login(make_user("view_dashboard", "view_poolevent"))

    assert client.get(EVENT + "?" + urlencode(identity(record, **changes))).status_code == 404


def test_nothing_asked_is_not_found(client, make_user):
    client.force_login(make_user("view_dashboard", "view_poolevent"))

    assert client.get(EVENT).status_code == 404


def test_it_needs_the_permission_for_events(client, make_user, record):
    client.force_login(make_user("view_dashboard"))

    assert client.get(EVENT + "?" + urlencode(identity(record))).status_code == 403
