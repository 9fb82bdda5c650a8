"""The records in the admin: to be read, never to be written."""

from __future__ import annotations

import pytest
from django.urls import reverse

from poolapp.models import PoolCommand, PoolEvent, PoolSnapshot
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

    assert '<pre class="poolapp-verbatim">Traceback\n&lt;img' in page


def test_a_task_is_found_by_its_id_and_by_part_of_its_name(admin_client):
    wanted, other = make_task(name="reports.monthly"), make_task(name="gallery.thumbnail")

    for searched in [str(wanted.pk), wanted.pk.hex, "monthl"]:
        page = admin_client.get(address("taskrecord", "changelist"), {"q": searched}).text
        assert str(wanted.pk) in page
        assert str(other.pk) not in page


def test_tasks_are_filtered_by_pool(admin_client):
    make_instance("cpu")
    wanted, other = make_task(pool="cpu"), make_task(pool="io")

    page = admin_client.get(address("taskrecord", "changelist"), {"pool": "cpu"}).text

    assert str(wanted.pk) in page
    assert str(other.pk) not in page
