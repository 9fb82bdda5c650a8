"""Pages asked for what nobody types: they refuse it, find nothing, and never fail."""

from __future__ import annotations

import pytest
from django.urls import reverse

from poolapp.models import PoolCommand
from tests.dashboard.conftest import make_instance
from tests.dashboard.test_views import CONTROL, JSON, TARGET, make_task

pytestmark = pytest.mark.django_db

LIST = reverse("admin:poolapp_taskrecord_changelist")
EVENT = reverse("admin:poolapp_dashboard_event")
RESTART = reverse("admin:poolapp_dashboard_process_restart")
HUGE = "9" * 5000
NUL = "%00"


@pytest.mark.parametrize("name", ["host", "pool", "event", "pid"])
def test_a_nul_in_the_identity_of_an_event_is_refused(admin_client, name):
    assert admin_client.get(f"{EVENT}?at=1&pool=a&host=b&pid=1&event=ready&{name}={NUL}").status_code == 400


@pytest.mark.parametrize("name", ["host", "alias", "task_id", "reason", "task_ids", "strategy"])
def test_a_nul_in_a_request_to_a_pool_is_refused(admin_client, name):
    make_instance()
    form = {**TARGET, "verb": "strategy" if name == "strategy" else "cancel", name: "a\0b"}

    assert admin_client.post(CONTROL, form, headers=JSON).status_code == 400
    assert admin_client.post(RESTART, {"host": "a\0b", "pid": 1}, headers=JSON).status_code == 400
    assert not PoolCommand.objects.exists()


@pytest.mark.parametrize("name", ["pool", "status", "name", "worker_slot", "q", "error__contains"])
def test_a_list_filtered_by_a_nul_is_empty(admin_client, name, django_assert_max_num_queries):
    make_task(name="shop.tasks.report")

    with django_assert_max_num_queries(40) as asked:
        page = admin_client.get(f"{LIST}?{name}={NUL}")

    assert page.status_code == 200
    assert "shop.tasks.report</span>" not in page.text
    assert not [query for query in asked.captured_queries if "\0" in query["sql"]]


@pytest.mark.parametrize("model", ["poolinstance", "poolevent", "poolcommand", "poolsnapshot"])
def test_a_list_searched_for_a_nul_is_empty(admin_client, model):
    make_instance(host="somewhere-else")

    page = admin_client.get(reverse(f"admin:poolapp_{model}_changelist") + f"?q={NUL}&host={NUL}")

    assert page.status_code in (200, 302)
    assert "somewhere-else" not in page.text


@pytest.mark.parametrize("chosen", ["x", "\0", ""])
@pytest.mark.parametrize("across", ["0", "1"])
def test_a_choice_of_what_is_no_task_is_refused(admin_client, chosen, across):
    form = {"action": "cancel", "index": 0, "select_across": across, "_selected_action": chosen}

    assert admin_client.post(LIST, form).status_code == 400


@pytest.mark.parametrize("number", ["9" * 19, HUGE])
def test_numbers_beyond_those_of_databases_are_refused(admin_client, number):
    assert admin_client.get(f"{RESTART}?id={number}", headers=JSON).status_code == 409
    assert admin_client.post(CONTROL, {**TARGET, "verb": "pause", "pid": number}, headers=JSON).status_code == 409


def test_the_slot_of_a_worker_may_be_any_text(admin_client):
    assert admin_client.get(f"{LIST}?worker_slot={HUGE}").status_code == 200


@pytest.mark.parametrize("ids", [["x"], ["\0"], [""] * 10_001])
def test_ids_that_are_none_are_not_left_for_a_pool(admin_client, ids):
    make_instance()

    response = admin_client.post(CONTROL, {**TARGET, "verb": "cancel", "task_ids": ids}, headers=JSON)

    assert response.status_code in (400, 409)
    assert not PoolCommand.objects.exists()
