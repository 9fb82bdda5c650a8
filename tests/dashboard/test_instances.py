"""The page of the server processes: who lives, who was lost, why they have pools, what they lost."""

from __future__ import annotations

import json
import os
import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import translation

from poolapp import pools as running_pools
from poolapp import self_report, serving
from poolapp.models import CommandStatus, PoolCommand, PoolInstance
from poolapp.pools import HOST
from tests.app.polling import eventually
from tests.dashboard.conftest import ago, make_instance, snapshot
from tests.dashboard.test_views import HOSTILE
from tests.sampleapp import tasks

pytestmark = pytest.mark.django_db
PAGE = "/admin/poolapp/dashboard/instances/"
DATA = f"{PAGE}data/"
RESTART = f"{PAGE}restart/"
JSON = {"Accept": "application/json"}


def says(**changes: Any) -> dict[str, Any]:
    """What a process says about itself in its heartbeats."""
    return {
        "since": ago(600).timestamp(),
        "reason": "a server has asked for the application",
        "server": "daphne 4.2.3",
        "python": "3.11.7",
        "django": "5.2.19",
        "memory": 80 * 2**20,
        "failed_frames": 0,
        "dropped_frame_events": 0,
        **changes,
    }


def make(alias: str = "default", process: dict[str, Any] | None = None, **values: Any) -> PoolInstance:
    """A pool of a process that says something about itself."""
    changes = values.pop("changes", {})
    return make_instance(alias, snapshot=snapshot(process=process or says(), **changes), **values)


def processes(client: Any) -> list[dict[str, Any]]:
    return [process for host in client.get(DATA).json()["hosts"] for process in host["processes"]]


@pytest.mark.parametrize("address", [PAGE, DATA, RESTART])
def test_it_is_for_those_with_the_permission(client, make_user, address):
    assert client.get(address).status_code == 302
    client.force_login(make_user("view_taskrecord"))
    assert client.get(address).status_code == 403


def test_who_may_only_look_cannot_restart(client, watcher):
    client.force_login(watcher)
    make()

    assert client.post(RESTART, {"host": "elsewhere", "pid": "99"}, headers=JSON).status_code == 403
    assert 'name="host"' not in client.get(PAGE).text


def test_without_processes_it_says_what_to_do(client, watcher):
    client.force_login(watcher)

    page = client.get(PAGE).text

    assert re.search(r'data-role="no-processes">', page)
    assert "Start a server" in page


def test_pools_are_grouped_by_process_and_processes_by_host(client, watcher):
    client.force_login(watcher)
    one = says()
    for alias in ("default", "mail"):
        make(alias, one)
    make(pid=100)
    make(host="another", pid=99)

    hosts = client.get(DATA).json()["hosts"]

    assert [
        (host["host"], [[pool["alias"] for pool in process["pools"]] for process in host["processes"]])
        for host in hosts
    ] == [("another", [["default"]]), ("elsewhere", [["default", "mail"], ["default"]])]
    assert (hosts[1]["process_count"], hosts[1]["memory"]) == (2, 160 * 2**20)


def test_a_restarted_container_with_the_same_host_and_id_is_another_process(client, watcher):
    client.force_login(watcher)
    make(pid=1, process=says(since=ago(900).timestamp()), age=100)
    make(pid=1, process=says(since=ago(60).timestamp()))

    assert [process["alive"] for process in processes(client)] == [False, True]


def test_pools_of_a_version_that_does_not_tell_its_process_share_one(client, watcher):
    client.force_login(watcher)
    make_instance("default", started_at=ago(600))
    make_instance("mail", started_at=ago(599))

    (process,) = processes(client)

    assert [pool["alias"] for pool in process["pools"]] == ["default", "mail"]
    assert process["since"] == min(pool["started_at"] for pool in process["pools"])


def test_a_process_tells_why_it_has_pools_and_what_it_is(client, watcher):
    client.force_login(watcher)
    instance = make()

    page = client.get(PAGE).text

    for told in ("a server has asked for the application", "daphne 4.2.3", "3.11.7", "5.2.19", "0.1.0", "80.0 MB"):
        assert f">{told}</dd>" in page
    assert f'href="{reverse("admin:poolapp_dashboard_pool", args=[instance.pk])}"' in page


@pytest.mark.parametrize(
    "told, shown", [({"reason": None}, "first use: a task was given to a pool"), ({"reason": "because"}, "because")]
)
def test_reasons_are_in_words(client, watcher, told, shown):
    client.force_login(watcher)
    make(process=says(**told))

    assert processes(client)[0]["reason"] == shown


def test_a_process_of_an_older_version_says_little(client, watcher):
    client.force_login(watcher)
    make_instance()

    [process] = processes(client)

    assert (process["reason"], process["server"], process["memory"]) == (None, None, None)
    assert client.get(PAGE).status_code == 200


def test_a_lost_process_is_shown_as_lost_for_a_while(client, make_user):
    client.force_login(make_user("view_dashboard", "control_pool"))
    make(age=60, stopped_at=ago(50))
    make(pid=100, age=400, stopped_at=ago(390))
    make(pid=101, age=1, stopped_at=ago(1))

    [process] = processes(client)
    page = client.get(PAGE).text

    assert (process["pid"], process["shown_state"]) == (99, "silent")
    assert process["uptime"] == pytest.approx(540, abs=5), "until it was last heard of"
    assert [(pool["state"], pool["worker_nodes"]) for pool in process["pools"]] == [("silent", 0)]
    assert ">lost</span>" in page
    assert re.search(r'last heard of at <time [^>]*datetime="[\d-]+T[\d:.]+Z" title="[\d-]+ [\d:.]+ UTC">', page)
    assert re.search(r'data-role="request" data-when="alive" hidden', page)


def test_what_got_lost_is_counted(client, watcher):
    client.force_login(watcher)
    one = says(failed_frames=3, dropped_frame_events=40)
    for alias in ("default", "mail"):
        make(alias, one, changes={"dropped_records": 7, "dropped_events": 2, "recording_trouble": f"Locked {HOSTILE}"})

    [process] = processes(client)
    page = client.get(PAGE).text

    names = ("dropped_records", "dropped_events", "dropped_frame_events", "failed_frames")
    assert [process[name] for name in names] == [7, 4, 40, 3]
    assert "Records cannot be written:" in page
    assert HOSTILE not in page
    assert page.count('class="pa-failed" data-any="dropped_records" data-on') == 1


def test_all_pools_of_a_process_are_asked_to_restart(client, make_user):
    client.force_login(make_user("view_dashboard", "control_pool"))
    here = [make(alias) for alias in ("default", "mail")]
    make(pid=100)

    answer = client.post(RESTART, {"host": "elsewhere", "pid": "99"}, headers=JSON)

    asked = list(PoolCommand.objects.order_by("pk"))
    assert answer.status_code == 202
    assert [(command.instance, command.verb) for command in asked] == [(instance, "restart") for instance in here]
    assert LogEntry.objects.count() == 2
    told = client.get(answer.json()["status_url"]).json()
    assert (told["finished"], told["text"]) == (False, "Waiting for the pool's process …")

    for command, status, replaced in zip(asked, (CommandStatus.DONE, CommandStatus.RUNNING), (4, 1), strict=True):
        PoolCommand.objects.filter(pk=command.pk).update(status=status, answer={"replaced": replaced, "total": 4})
    told = client.get(answer.json()["status_url"]).json()
    assert (told["finished"], told["text"]) == (False, "Restarting: 5 of 8 workers replaced …")

    PoolCommand.objects.update(status=CommandStatus.DONE, answer={"replaced": 4, "total": 4})
    told = client.get(answer.json()["status_url"]).json()
    assert (told["finished"], told["ok"], told["text"]) == (True, True, "Done: 8 of 8 workers were replaced.")

    PoolCommand.objects.filter(pk=asked[1].pk).update(status=CommandStatus.FAILED, answer={"error": "no room"})
    told = client.get(answer.json()["status_url"]).json()
    assert (told["finished"], told["ok"], told["text"]) == (True, False, "The request failed: no room")


def test_the_pools_of_a_process_are_called_once(client, make_user, django_capture_on_commit_callbacks):
    client.force_login(make_user("view_dashboard", "control_pool"))
    for alias in ("default", "mail"):
        make(alias)

    with django_capture_on_commit_callbacks() as calls:
        client.post(RESTART, {"host": "elsewhere", "pid": "99"}, headers=JSON)

    assert PoolCommand.objects.count() == 2
    assert len(calls) == 1


@pytest.mark.parametrize("form", [{"host": "elsewhere", "pid": "98"}, {"host": "elsewhere", "pid": "x"}, {}])
def test_a_process_that_is_not_there_cannot_restart(client, make_user, form):
    client.force_login(make_user("view_dashboard", "control_pool"))
    make()

    assert client.post(RESTART, form, headers=JSON).status_code == 409
    assert not PoolCommand.objects.exists()


def test_requests_of_other_kinds_are_not_told_of(client, make_user):
    client.force_login(make_user("view_dashboard", "control_pool"))
    now = ago(0)
    other = PoolCommand.objects.create(instance=make(), verb="pause", requested_at=now, expires_at=now)

    assert client.get(RESTART, {"id": other.pk}).status_code == 404
    assert client.get(RESTART, {"id": "x"}, headers=JSON).status_code == 409


def test_a_plain_form_comes_back_with_a_message(client, make_user):
    client.force_login(make_user("view_dashboard", "control_pool"))
    make()

    answer = client.post(RESTART, {"host": "elsewhere", "pid": "99"}, headers={"Accept": "text/html"}, follow=True)

    assert answer.redirect_chain == [(PAGE, 302)]
    assert "All pools of process 99 were asked to restart their workers." in answer.text


def test_the_navigation_leads_there(client, watcher):
    client.force_login(watcher)

    assert re.search(rf'<a href="{PAGE}" data-letter="p">', client.get("/admin/poolapp/dashboard/").text)


def test_it_asks_the_database_few_questions_however_many_there_are(client, watcher, django_assert_max_num_queries):
    client.force_login(watcher)
    for pid in range(100, 130):
        make(pid=pid)

    with django_assert_max_num_queries(6):
        client.get(PAGE)


def test_a_real_process_says_all_of_it(thread_pool, client, watcher, monkeypatch):
    # As if no earlier test had started pools in this process:
    monkeypatch.setattr(serving, "_reasons", {})
    self_report._facts.cache_clear()
    client.force_login(watcher)
    tasks.add.execute(1, 2).result(timeout=10)
    eventually(PoolInstance.objects.filter(snapshot__ready=True).exists)

    [process] = processes(client)

    assert (process["host"], process["pid"], process["alive"]) == (HOST, os.getpid(), True)
    assert process["reason"] == "first use: a task was given to a pool"
    assert process["memory"] > 10 * 2**20
    assert process["failed_frames"] is not None
    running_pools.stop()
    size = len(json.dumps(PoolInstance.objects.get().snapshot["process"]))
    assert size < 400, "it is written every second"


def test_reasons_can_be_translated(client, watcher, monkeypatch):
    known = translation._trans  # type: ignore[attr-defined]
    monkeypatch.setattr(known, "gettext", lambda message: f"«{message}»")
    client.force_login(watcher)
    make()

    assert processes(client)[0]["reason"] == "«a server has asked for the application»"
