"""The dashboard's pages: who may see and do what, and what they say."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from poolapp import overview
from poolapp.models import PoolCommand, PoolEvent, TaskRecord
from tests.dashboard.conftest import ago, local_entry, make_instance, worker

pytestmark = pytest.mark.django_db

HOSTILE = "<img src=x onerror=1>"
DASHBOARD = reverse("admin:poolapp_dashboard")
DATA = reverse("admin:poolapp_dashboard_data")
CONTROL = reverse("admin:poolapp_dashboard_control")
STATUS = reverse("admin:poolapp_dashboard_control_status", args=[1])
TARGET = {"alias": "default", "host": "elsewhere", "pid": "99"}
JSON = {"Accept": "application/json"}


@pytest.fixture
def operator(make_user):
    return make_user("view_dashboard", "control_pool", name="otto")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch):
    """Sets the pools of this process."""

    def set_pools(*entries: dict[str, Any]) -> None:
        monkeypatch.setattr(overview, "local_snapshots", lambda: list(entries))

    return set_pools


@pytest.mark.parametrize("address", [DASHBOARD, DATA, STATUS])
def test_anonymous_visitors_are_sent_to_the_log_in(client, address):
    response = client.get(address)

    assert response.status_code == 302
    assert reverse("admin:login") in response.url


@pytest.mark.parametrize("address", [DASHBOARD, DATA, STATUS])
def test_users_who_are_not_staff_are_sent_to_the_log_in(client, make_user, address):
    client.force_login(make_user("view_dashboard", "control_pool", is_staff=False))

    assert client.get(address).status_code == 302


@pytest.mark.parametrize("address", [DASHBOARD, DATA, STATUS])
def test_staff_without_the_permission_get_403(client, make_user, address):
    client.force_login(make_user("view_taskrecord"))

    assert client.get(address).status_code == 403


def test_staff_without_the_permission_find_no_entry_in_the_app_list(client, make_user):
    client.force_login(make_user("view_taskrecord"))

    index = client.get(reverse("admin:index")).text

    assert reverse("admin:poolapp_taskrecord_changelist") in index
    assert DASHBOARD not in index


def test_the_app_list_leads_to_the_dashboard(client, watcher):
    client.force_login(watcher)

    index = client.get(reverse("admin:index")).text

    assert f'href="{DASHBOARD}"' in index
    assert reverse("admin:poolapp_taskrecord_changelist") not in index


def test_the_empty_dashboard_says_how_a_pool_comes_to_be(client, watcher):
    client.force_login(watcher)

    response = client.get(DASHBOARD)

    assert response.status_code == 200
    assert "No pool is running" in response.text


def test_the_page_shows_pools_workers_events_and_tasks_without_javascript(client, watcher, here):
    client.force_login(watcher)
    here(local_entry(executed_tasks=12345, workers=[worker(pid=4242)]))
    PoolEvent.objects.create(
        at=ago(5),
        event="worker_exit",
        pool="default",
        host="here",
        pid=1,
        details={"slot": 3, "worker_pid": 77, "expected": False, "reason": "killed by SIGKILL"},
    )
    make_task(name="reports.monthly", run_time=0.25)

    text = visible_text(client.get(DASHBOARD).text)

    assert "12,345" in text
    assert "4242" in text
    assert "Worker 3 was lost (process 77): killed by SIGKILL." in text
    assert "monthly finished in 250 ms on worker 1." in text


def test_the_name_of_a_pool_goes_without_saying_while_there_is_only_one(client, watcher, here):
    client.force_login(watcher)
    make_task(pool="default")

    here(local_entry("default"))
    alone = client.get(DASHBOARD)
    here(local_entry("default"), local_entry("cpu"))
    together = client.get(DASHBOARD)

    assert '<div class="poolapp" id="poolapp">' in alone.text
    assert '<div class="poolapp" id="poolapp" data-several>' in together.text


def test_a_pool_that_is_gone_is_still_named_beside_the_one_that_is_left(client, watcher, here):
    client.force_login(watcher)
    here(local_entry("default"))
    make_task(pool="cpu")

    assert client.get(DASHBOARD).context["several"]


@pytest.mark.parametrize("restarts, is_told", [(0, False), (1, True)])
def test_lost_workers_are_told_of(client, watcher, here, restarts, is_told):
    client.force_login(watcher)
    here(local_entry(restarts=restarts))

    page = client.get(DASHBOARD).text

    assert (
        bool(re.search(r'data-when="restarts" title="[^"]+" data-field="restarts"[^>]*>1 worker lost<', page))
        == is_told
    )


def test_only_those_who_may_control_pools_get_the_button(client, watcher, operator, here):
    here(local_entry())

    client.force_login(watcher)
    without = client.get(DASHBOARD).text
    client.force_login(operator)
    with_button = client.get(DASHBOARD).text

    assert "Restart workers" not in visible_text(without)
    assert "Restart workers" in visible_text(with_button)


def test_tasks_are_links_for_those_who_may_see_records(client, watcher, make_user):
    task = make_task()
    address = reverse("admin:poolapp_taskrecord_change", args=[task.pk])

    client.force_login(watcher)
    without = client.get(DASHBOARD).text
    client.force_login(make_user("view_dashboard", "view_taskrecord", name="eve"))
    with_links = client.get(DASHBOARD).text

    assert address not in without
    assert f'href="{address}"' in with_links
    assert client.get(address).status_code == 200


def test_tasks_are_no_links_where_no_records_are_kept(client, make_user, settings):
    settings.POOLAPP = {"RECORD": {"TASKS": "none"}}
    client.force_login(make_user("view_dashboard", "view_taskrecord"))

    assert client.get(DASHBOARD).context["state"]["links"]["task"] == ""


def test_hostile_names_are_only_text(client, watcher, here):
    client.force_login(watcher)
    here(local_entry(alias=HOSTILE, workers=[worker(task=HOSTILE)]))
    make_task(name=HOSTILE, status="failed", error=f"ValueError: {HOSTILE}", error_type="ValueError")
    PoolEvent.objects.create(at=ago(5), event="error", pool=HOSTILE, host=HOSTILE, pid=1, details={"error": HOSTILE})

    page = client.get(DASHBOARD).text

    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=1&gt;" in page


def test_the_page_keeps_a_strict_content_security_policy(client, operator, here):
    client.force_login(operator)
    here(local_entry())

    page = client.get(DASHBOARD).text

    assert not re.search(r"<[^>]+\s(style|on\w+)=", page)
    scripts = re.findall(r"<script([^>]*)>", page)
    assert all("src=" in script or 'type="application/json"' in script for script in scripts)
    assert not re.search(r'(src|href)="(https?:)?//', page)


def test_the_page_asks_the_database_the_same_few_questions_however_much_there_is(
    client, operator, here, django_assert_max_num_queries
):
    client.force_login(operator)
    here(local_entry(workers=[worker(id=number, slot=number) for number in range(50)]))
    for _ in range(60):
        make_task()

    with django_assert_max_num_queries(10):
        client.get(DASHBOARD)


def test_a_pool_whose_process_was_lost_is_shown_as_lost_for_a_while(client, watcher, here):
    client.force_login(watcher)
    here()
    make_instance("silent", age=60)
    make_instance("mourned", pid=100, age=60, stopped_at=ago(50))
    make_instance("long ago", pid=101, age=400, stopped_at=ago(390))
    make_instance("stopped", pid=102, age=1, stopped_at=ago(1))

    pools = client.get(DATA).json()["pools"]

    assert {pool["alias"]: (pool["alive"], pool["workers"]) for pool in pools} == {
        "silent": (False, []),
        "mourned": (False, []),
    }


def test_the_data_is_a_frame_of_all_live_pools(client, watcher, here):
    client.force_login(watcher)
    here(local_entry("own"))
    make_instance("other", age=3)
    make_instance("gone", pid=100, stopped_at=ago(1))
    make_instance("long gone", pid=101, age=600)

    frame = client.get(DATA).json()

    assert set(frame) == {"type", "seq", "pools", "events", "dropped"}
    own, other = sorted(frame["pools"], key=lambda pool: pool["heartbeat_age"])
    assert (own["alias"], own["heartbeat_age"], own["alive"]) == ("own", 0, True)
    assert (other["alias"], other["alive"], other["executed_tasks"]) == ("other", True, 7)
    assert 3 <= other["heartbeat_age"] < 6


def test_of_one_alias_the_pool_of_this_process_comes_first(client, watcher, here):
    client.force_login(watcher)
    here(local_entry("default"), local_entry("a"))
    make_instance("default", host="earlier", pid=1)

    pools = client.get(DATA).json()["pools"]

    assert [(pool["alias"], pool["host"]) for pool in pools] == [
        ("a", "here"),
        ("default", "here"),
        ("default", "earlier"),
    ]


def test_a_pool_of_this_process_is_told_of_once(client, watcher, here):
    client.force_login(watcher)
    here(entry := local_entry(executed_tasks=8))
    make_instance(entry["alias"], host=entry["host"], pid=entry["pid"])

    [pool] = client.get(DATA).json()["pools"]

    assert pool["executed_tasks"] == 8


def test_the_data_tells_no_tracebacks_arguments_or_results(client, watcher):
    client.force_login(watcher)
    make_task(traceback="private", arguments="private", result="private")
    PoolEvent.objects.create(
        at=ago(5), event="error", pool="default", host="here", pid=1, details={"error": "x", "traceback": "private"}
    )

    assert "private" not in client.get(DATA).text


def test_a_restart_is_asked_of_the_pool_that_is_named(client, operator):
    client.force_login(operator)
    make_instance("default", pid=98)
    named = make_instance()

    response = client.post(CONTROL, {**TARGET, "worker": ["7"]}, headers=JSON)

    command = PoolCommand.objects.get()
    assert response.status_code == 202
    assert response.json()["command"] == command.pk
    assert (command.instance, command.verb, command.requested_by) == (named, "restart", "otto")
    assert command.arguments["workers"] == [7]


def test_the_admin_log_tells_who_asked(client, operator):
    client.force_login(operator)
    instance = make_instance()

    client.post(CONTROL, TARGET, headers=JSON)

    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (operator, str(instance.pk))
    assert "restart" in entry.change_message


def test_a_plain_form_is_answered_with_the_page_and_a_message(client, operator):
    client.force_login(operator)
    make_instance()

    response = client.post(CONTROL, TARGET, headers={"Accept": "text/html,*/*;q=0.8"}, follow=True)

    assert response.redirect_chain == [(DASHBOARD, 302)]
    assert "The pool default was asked to: restart workers." in response.text


@pytest.mark.parametrize(
    "changes",
    [{"pid": "100"}, {"pid": ""}, {"pid": "-1"}, {"pid": "٣"}, {"alias": ""}, {"worker": ["x"]}, {"worker": ["8"]}],
)
def test_a_restart_of_what_is_not_there_is_refused_with_a_reason(client, operator, changes):
    client.force_login(operator)
    make_instance()

    response = client.post(CONTROL, {**TARGET, **changes}, headers=JSON)

    assert response.status_code == 409
    assert response.json()["error"]
    assert not PoolCommand.objects.exists()


def test_a_refused_form_comes_back_with_the_reason(client, operator):
    client.force_login(operator)

    response = client.post(CONTROL, TARGET, headers={"Accept": "text/html"}, follow=True)

    assert "There is no live pool" in response.text


def test_restarting_needs_its_own_permission(client, watcher):
    client.force_login(watcher)
    make_instance()

    assert client.post(CONTROL, TARGET, headers=JSON).status_code == 403
    assert not PoolCommand.objects.exists()


REQUESTS = [
    ({"verb": "pause"}, {}),
    ({"verb": "resume"}, {}),
    ({"verb": "resize", "min_size": "1", "max_size": "4"}, {"min_size": 1, "max_size": 4}),
    ({"verb": "resize", "max_size": "4", "min_size": "", "strategy": "ignored"}, {"max_size": 4}),
    ({"verb": "strategy", "strategy": "fair_share"}, {"strategy": "fair_share"}),
]


@pytest.mark.parametrize("form, arguments", REQUESTS, ids=lambda value: value.get("verb"))
def test_whatever_a_pool_can_be_asked_for_is_asked(client, operator, form, arguments):
    client.force_login(operator)
    make_instance()

    response = client.post(CONTROL, {**TARGET, **form}, headers=JSON)

    command = PoolCommand.objects.get()
    assert response.status_code == 202
    assert (command.verb, command.arguments, command.requested_by) == (form["verb"], arguments, "otto")
    assert LogEntry.objects.get().object_id == str(command.instance.pk)


@pytest.mark.parametrize("form", [{"verb": "explode"}, {"verb": "resize", "max_size": "-1"}, {"verb": ""}])
def test_what_a_pool_cannot_be_asked_for_is_refused(client, operator, form):
    client.force_login(operator)
    make_instance()

    response = client.post(CONTROL, {**TARGET, **form}, headers=JSON)

    assert (response.status_code, PoolCommand.objects.exists()) == (409, False)


@pytest.mark.parametrize(
    "permission, verb, may",
    [
        ("control_pool", "pause", True),
        ("control_pool", "cancel", False),
        ("cancel_task", "cancel", True),
        ("cancel_task", "resize", False),
    ],
)
def test_each_verb_needs_its_own_permission(client, make_user, permission, verb, may):
    client.force_login(make_user(permission))
    make_instance()

    response = client.post(CONTROL, {**TARGET, "verb": verb, "task_id": "x"}, headers=JSON)

    assert response.status_code == (202 if may else 403)
    if may:
        assert client.get(response.json()["status_url"]).status_code == 200
    assert PoolCommand.objects.exists() is may


def test_restarting_needs_a_post(client, operator):
    client.force_login(operator)

    assert client.get(CONTROL).status_code == 405


def test_restarting_needs_the_csrf_token(operator):
    client = Client(enforce_csrf_checks=True)
    client.force_login(operator)
    make_instance()

    without = client.post(CONTROL, TARGET, headers=JSON)
    client.get(DASHBOARD)
    token = client.cookies["csrftoken"].value
    with_token = client.post(CONTROL, {**TARGET, "csrfmiddlewaretoken": token}, headers=JSON)

    assert (without.status_code, with_token.status_code) == (403, 202)


@pytest.mark.parametrize(
    "values, finished, ok, text",
    [
        ({"status": "pending"}, False, False, "Waiting for the pool's process …"),
        (
            {"status": "running", "answer": {"total": 4, "replaced": 1}},
            False,
            False,
            "Restarting: 1 of 4 workers replaced …",
        ),
        (
            {"status": "done", "answer": {"total": 4, "replaced": 4}},
            True,
            True,
            "Done: 4 of 4 workers were replaced.",
        ),
        ({"status": "failed", "answer": {"error": "no room"}}, True, False, "The request failed: no room"),
        (
            {"status": "pending", "expires_at": ago(1)},
            True,
            False,
            "The pool's process did not take the request in time.",
        ),
    ],
)
def test_the_status_of_a_restart_is_a_sentence(client, operator, values, finished, ok, text):
    client.force_login(operator)
    command = PoolCommand.objects.create(
        **{
            "instance": make_instance(),
            "verb": PoolCommand.Verb.RESTART,
            "requested_at": ago(2),
            "expires_at": ago(-600),
            **values,
        }
    )

    status = client.get(reverse("admin:poolapp_dashboard_control_status", args=[command.pk])).json()

    assert (status["finished"], status["ok"], status["text"]) == (finished, ok, text)


def test_the_state_for_the_browser_is_complete(client, watcher, here):
    client.force_login(watcher)
    here(local_entry())

    page = client.get(DASHBOARD).text
    state = json.loads(re.search(r'<script id="poolapp-state"[^>]*>(.*?)</script>', page, re.DOTALL)[1])

    assert set(state["links"]) == {
        "socket",
        "data",
        "control",
        "history",
        "pool",
        "task",
        "tasks",
        "event",
        "attention",
    }
    assert state["links"]["socket"] == "/ws/poolapp/"
    assert [pool["alias"] for pool in state["frame"]["pools"]] == ["default"]
    assert state["texts"]["badges"]["stale"] == "stale since {age}"
    assert state["now"] == pytest.approx(timezone.now().timestamp(), abs=5)


def make_task(**values: Any) -> TaskRecord:
    return TaskRecord.objects.create(
        **{
            "id": uuid.uuid4(),
            "name": "gallery.tasks.make_thumbnails",
            "pool": "default",
            "status": "executed",
            "host": "here",
            "pid": 1,
            "worker": 4,
            "worker_slot": 1,
            "worker_pid": 55,
            "queued_at": ago(3),
            "started_at": ago(2),
            "finished_at": ago(1),
            "wait_time": 1.0,
            "run_time": 1.0,
            **values,
        }
    )


def visible_text(page: str) -> str:
    """What a browser shows, more or less: without templates, scripts and tags."""
    for element in ("template", "script", "dialog"):
        page = re.sub(rf"<{element}\b.*?</{element}>", "", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_records_that_were_left_out_are_said_honestly(client, watcher, here):
    client.force_login(watcher)
    here(local_entry(dropped_records=68511))

    assert "68,511 events not recorded" in visible_text(client.get(DASHBOARD).text)


def test_what_is_wrong_with_workers_and_records_is_said(client, watcher, here):
    trouble = "no worker lasts in slot 0: no memory"
    client.force_login(watcher)
    here(local_entry(state="degraded", trouble=trouble, recording_trouble="it is locked"))

    text = visible_text(client.get(DASHBOARD).text)

    assert "degraded" in text
    assert trouble in text
    assert "Records cannot be written: it is locked" in text


def test_what_is_not_wrong_is_not_shown(client, watcher, here):
    client.force_login(watcher)
    here(local_entry(trouble=None, recording_trouble=None))

    page = client.get(DASHBOARD).text

    notices = re.findall(r'<p class="pa-notice pa-lost" data-when="(\w+)"( hidden)?', page.partition("<template")[0])
    assert dict(notices) == {"trouble": " hidden", "recording_trouble": " hidden"}
