"""The records in the admin: to be read, never to be written."""

from __future__ import annotations

import re
import uuid

import pytest
from django.template import Context, Template
from django.urls import reverse
from django.utils import translation

from poolapp import admin, paging
from poolapp.dashboard import counts, filters
from poolapp.models import PoolCommand, PoolEvent, PoolSnapshot, TaskRecord
from tests.dashboard.conftest import ago, make_instance
from tests.dashboard.test_views import HOSTILE, make_task

pytestmark = pytest.mark.django_db

MODELS = ["poolinstance", "poolsnapshot", "taskrecord", "poolevent", "poolcommand"]


@pytest.fixture
def records():
    """One record of each model, by its name."""
    instance = make_instance()
    return {
        "poolinstance": instance,
        "poolsnapshot": PoolSnapshot.objects.create(
            instance=instance,
            at=ago(5),
            worker_nodes=2,
            busy_worker_nodes=1,
            executed_tasks=1,
            failed_tasks=0,
            cancelled_tasks=0,
            executing_tasks=0,
            queued_tasks=0,
            busy_time=1.5,
        ),
        "taskrecord": make_task(error=HOSTILE, traceback=f"Traceback\n{HOSTILE}"),
        "poolevent": PoolEvent.objects.create(
            at=ago(5), event="error", pool="default", host="here", pid=1, details={"error": HOSTILE}
        ),
        "poolcommand": PoolCommand.objects.create(
            instance=instance, verb="restart", requested_at=ago(5), expires_at=ago(-25)
        ),
    }


def address(model: str, page: str, *args: object) -> str:
    return reverse(f"admin:poolapp_{model}_{page}", args=args)


@pytest.mark.parametrize("model", MODELS)
def test_records_are_listed_and_shown(client, make_user, records, model):
    client.force_login(make_user(f"view_{model}"))

    assert client.get(address(model, "changelist")).status_code == 200
    assert client.get(address(model, "change", records[model].pk)).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_records_need_their_permission(client, watcher, records, model):
    client.force_login(watcher)

    assert client.get(address(model, "changelist")).status_code == 403
    assert client.get(address(model, "change", records[model].pk)).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_not_even_a_superuser_writes_records(admin_client, records, model):
    record = records[model]

    assert admin_client.get(address(model, "add")).status_code == 403
    assert admin_client.post(address(model, "change", record.pk), {}).status_code == 403
    assert admin_client.post(address(model, "delete", record.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", ["taskrecord", "poolevent"])
def test_foreign_text_is_escaped(admin_client, records, model):
    page = admin_client.get(address(model, "change", records[model].pk)).text

    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_a_traceback_keeps_its_lines(admin_client, records):
    page = admin_client.get(address("taskrecord", "change", records["taskrecord"].pk)).text

    assert re.sub("</?span[^>]*>", "", page).count('<pre class="poolapp-verbatim">Traceback\n&lt;img') == 1


def test_a_task_is_found_by_its_id_and_by_part_of_its_name(admin_client):
    wanted, other = make_task(name="reports.monthly"), make_task(name="gallery.thumbnail")

    for searched in [str(wanted.pk), wanted.pk.hex, "monthl"]:
        page = admin_client.get(address("taskrecord", "changelist"), {"q": searched}).text
        assert str(wanted.pk) in page
        assert str(other.pk) not in page


def test_the_states_of_tasks_are_counted_up_to_a_bound(admin_client, monkeypatch):
    monkeypatch.setattr(paging, "MOST_COUNTED", 2)
    for status in ("executed", "executed", "executed", "failed"):
        make_task(status=status)

    page = admin_client.get(address("taskrecord", "changelist"), {"status": "failed"}).text

    for said in ("executed (2+)", "failed (1)", "running (0)"):
        assert said in page
    assert "1 task" in page


@pytest.mark.parametrize(
    "separator, language, shown", [(False, "en", "1,001+"), (False, "de", "1.001+"), (True, "en", "1,001")]
)
def test_a_count_that_was_cut_says_so_wherever_it_is_shown(separator, language, shown, monkeypatch, settings):
    settings.USE_THOUSAND_SEPARATOR = separator
    monkeypatch.setattr(paging, "MOST_COUNTED", 1001)
    paginator = counts.SayingPaginator(range(5000), 50)
    template = (
        "{% load i18n %}{{ count }} tasks, "
        "{% blocktranslate count counter=count %}{{ counter }} row{% plural %}{{ counter }} rows{% endblocktranslate %}"
    )

    with translation.override(language):
        text = Template(template).render(Context({"count": paginator.count}))

    assert text == f"{shown} tasks, {shown} rows"
    assert paginator.num_pages == 21


def test_the_search_and_its_actions_say_that_there_are_more_than_are_counted(admin_client, monkeypatch):
    monkeypatch.setattr(paging, "MOST_COUNTED", 2)
    monkeypatch.setattr(admin.TaskRecordAdmin, "list_per_page", 1)
    for _ in range(3):
        make_task(name="reports.monthly")

    page = admin_client.get(address("taskrecord", "changelist"), {"q": "monthly"}).text

    for said in ("2+ results", "2+ tasks", "Select all 2+ tasks", "There are more than 2: use the filters"):
        assert said in page


def test_tasks_are_filtered_by_name_where_there_are_few(admin_client, monkeypatch):
    wanted, other = make_task(name="reports.monthly"), make_task(name="gallery.thumbnail")

    page = admin_client.get(address("taskrecord", "changelist"), {"name": "reports.monthly"}).text

    assert str(wanted.pk) in page
    assert str(other.pk) not in page
    assert "name=gallery.thumbnail" in page
    monkeypatch.setattr(filters, "MOST_LISTED", 1)
    page = admin_client.get(address("taskrecord", "changelist"), {"name": "reports.monthly"}).text
    assert str(other.pk) not in page
    assert "name=gallery.thumbnail" not in page


def test_tasks_are_filtered_by_pool(admin_client):
    make_instance("cpu")
    wanted, other = make_task(pool="cpu"), make_task(pool="io")

    page = admin_client.get(address("taskrecord", "changelist"), {"pool": "cpu"}).text

    assert str(wanted.pk) in page
    assert str(other.pk) not in page


def test_a_task_is_listed_by_its_short_name_with_the_full_one_as_a_tooltip(admin_client):
    make_task(name="reports.monthly")

    page = admin_client.get(address("taskrecord", "changelist")).text

    assert '<span title="reports.monthly">monthly</span>' in page


@pytest.mark.parametrize("model", MODELS)
def test_times_are_listed_with_their_seconds(admin_client, records, model):
    page = admin_client.get(address(model, "changelist")).text

    assert re.search(r"\d\d:\d\d:\d\d\.\d{3}<", page)
    assert "a.m." not in page
    assert "p.m." not in page


def test_what_a_task_does_not_have_is_a_dash(admin_client):
    task = make_task(started_at=None, wait_time=None, traceback="", result="")

    page = admin_client.get(address("taskrecord", "change", task.pk)).text

    for field in ("started", "waited", "traceback_text", "result"):
        assert re.search(rf'field-{field}">.*?<div class="readonly">(<[^>]+>)?–<', page, re.DOTALL)
    assert "None<" not in page


def test_a_record_that_is_written_a_moment_after_the_news_is_found(admin_client, monkeypatch):
    task = TaskRecord(pk=uuid.uuid4(), name="late", pool="default", host="here", pid=1, queued_at=ago(1))
    monkeypatch.setattr(admin.time, "sleep", lambda seconds: task.save())

    response = admin_client.get(address("taskrecord", "change", task.pk))

    assert response.status_code == 200


def test_a_record_that_does_not_come_is_not_waited_for_for_ever(admin_client, monkeypatch):
    monkeypatch.setattr(admin, "SECONDS_TO_BE_WRITTEN", 0.01)

    response = admin_client.get(address("taskrecord", "change", uuid.uuid4()))

    assert response.status_code == 302


def test_the_loss_of_a_worker_is_listed_once(admin_client):
    loss = {"worker": 7, "slot": 0, "worker_pid": 42}
    for event, details in [
        ("worker_exit", {**loss, "expected": False, "reason": "killed by SIGKILL"}),
        ("error", {**loss, "error": "worker 7: killed by SIGKILL"}),
        ("error", {"error": "the disk is full"}),
    ]:
        PoolEvent.objects.create(at=ago(5), event=event, pool="default", host="here", pid=1, details=details)

    page = admin_client.get(address("poolevent", "changelist")).text

    assert page.count("killed by SIGKILL") == 1
    assert "the disk is full" in page
