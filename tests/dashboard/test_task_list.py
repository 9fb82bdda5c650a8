"""The list of tasks: what stands around it, and what its own script is given."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.dashboard.conftest import make_instance, snapshot, worker
from tests.dashboard.test_views import make_task

pytestmark = pytest.mark.django_db

LIST = reverse("admin:poolapp_taskrecord_changelist")


def test_an_empty_list_says_how_a_task_comes_to_be(admin_client):
    shown, hidden = 'data-role="no-tasks">', 'data-role="no-tasks" hidden>'

    assert shown in admin_client.get(LIST).text
    assert hidden in admin_client.get(f"{LIST}?status=failed").text
    make_task()
    assert hidden in admin_client.get(LIST).text


@pytest.mark.parametrize(
    "recorded, said",
    [("none", "No tasks are recorded"), ("failures", "Only tasks that fail are recorded"), ("all", "")],
)
def test_it_says_what_is_not_recorded(admin_client, settings, recorded, said):
    settings.POOLAPP = {**settings.POOLAPP, "RECORD": {"TASKS": recorded}}
    make_task()

    page = admin_client.get(LIST).text

    for sentence in ("No tasks are recorded", "Only tasks that fail are recorded"):
        assert (sentence in page) is (sentence == said)


def test_what_is_to_be_said_once_is_not_said_to_the_script(admin_client):
    admin_client.post(LIST, {"action": "cancel", "index": 0})  # with nothing ticked: that is said

    refreshed = admin_client.get(LIST, headers={"X-Poolapp-Refresh": "1"})
    read = admin_client.get(LIST)

    assert "Items must be selected" not in refreshed.text
    assert "Items must be selected" in read.text
    assert "Items must be selected" not in admin_client.get(LIST).text


def test_it_is_filtered_by_the_slots_of_the_workers_that_live(admin_client):
    make_instance(age=-600, snapshot=snapshot(workers=[worker(slot=0), worker(slot=12)]))
    make_instance(pid=1, age=600, snapshot=snapshot(workers=[worker(slot=7)]))
    wanted, other = make_task(worker_slot=12), make_task(worker_slot=1)

    page = admin_client.get(f"{LIST}?worker_slot=12").text

    assert str(wanted.pk) in page
    assert str(other.pk) not in page
    assert "worker_slot=0" in page
    assert "worker_slot=7" not in page


@pytest.mark.parametrize("slot", ["nonsense", "-1", "1.5", "9" * 30])
def test_a_slot_that_is_none_does_no_harm(admin_client, slot):
    assert admin_client.get(f"{LIST}?worker_slot={slot}").status_code == 200
