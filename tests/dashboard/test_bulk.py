"""Cancelling and running again many tasks from their list: who may, what is counted first, what is asked then."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from poolapp.dashboard import bulk
from poolapp.models import PoolCommand, PoolInstance, TaskRecord
from tests.dashboard.conftest import make_instance, snapshot
from tests.dashboard.test_views import HOSTILE, make_task
from tests.sampleapp import tasks as sample

pytestmark = pytest.mark.django_db

LIST = reverse("admin:poolapp_taskrecord_changelist")
ASK = reverse("admin:poolapp_taskrecord_ask")
CALL = '{"args": [1], "kwargs": {}}'
ELSEWHERE = {"host": "elsewhere", "pid": 99}
BOTH = ("view_taskrecord", "cancel_task", "repeat_task")


@pytest.fixture
def live() -> PoolInstance:
    """A pool that lives in another process, to which `waiting` and `done` tasks belong."""
    return make_instance(age=-600)  # heard of for as long as a slow test takes


@pytest.fixture
def operator(client, make_user):
    user = make_user(*BOTH, "view_poolcommand", name="otto")
    client.force_login(user)
    return user


def waiting(**values: Any) -> TaskRecord:
    return make_task(**{"status": "queued", "name": sample.add.name, **ELSEWHERE, **values})


def done(**values: Any) -> TaskRecord:
    return make_task(**{"status": "executed", "name": sample.add.name, "call": CALL, **ELSEWHERE, **values})


def chosen(action: str, *records: TaskRecord, across: bool = False) -> dict[str, Any]:
    """What the list's own form posts."""
    ticked = [str(record.pk) for record in records] or [str(uuid.uuid4())]
    return {"action": action, "index": 0, "select_across": int(across), "_selected_action": ticked}


def confirmed(page: str) -> dict[str, str]:
    """What the form on the page that asks posts."""
    form = page[page.index(ASK) :]
    return {name: re.search(f'name="{name}" value="([^"]*)"', form)[1] for name in ("verb", "tasks", "query")}


def counts(page: str) -> dict[str, int]:
    """What the page counts, by the words beside it."""
    return {label: int(count.replace(",", "")) for label, count in re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page)}


class TestWhoMay:
    def test_who_may_not_sees_no_action_and_no_boxes(self, client, make_user):
        make_task()
        client.force_login(make_user("view_taskrecord", "view_dashboard", "control_pool"))

        page = client.get(LIST).text

        assert 'name="action"' not in page
        assert "_selected_action" not in page

    @pytest.mark.parametrize("may, may_not", [("cancel", "repeat"), ("repeat", "cancel")])
    def test_each_action_needs_its_permission(self, client, make_user, live, may, may_not):
        task = waiting()
        client.force_login(make_user("view_taskrecord", f"{may}_task"))

        page = client.get(LIST).text

        assert f'<option value="{may}">' in page
        assert f'<option value="{may_not}">' not in page
        assert client.post(LIST, chosen(may, task)).status_code == 200
        assert client.post(LIST, chosen(may_not, task)).status_code == 403
        assert client.post(ASK, {"verb": may_not, "tasks": task.pk.hex}).status_code == 403
        assert not PoolCommand.objects.exists()

    def test_nobody_asks_for_anything_else_that_way(self, admin_client, live):
        assert admin_client.post(ASK, {"verb": "pause", "tasks": waiting().pk.hex}).status_code == 403
        assert admin_client.post(LIST, chosen("delete_selected", waiting())).status_code == 403
        assert admin_client.get(ASK).status_code == 405

    def test_strangers_are_sent_to_the_log_in(self, client, live):
        assert reverse("admin:login") in client.post(ASK, {"verb": "cancel", "tasks": waiting().pk.hex}).url
        assert not PoolCommand.objects.exists()


@pytest.mark.usefixtures("operator")
class TestCancelling:
    def test_the_page_counts_what_can_be_and_why_not(self, client, live):
        for _ in range(3):
            waiting()
        waiting(status="running", name="gallery.other")
        waiting(pid=1)  # its process is gone
        done()

        page = client.post(LIST, chosen("cancel", across=True)).text

        assert "4 of 6 tasks can be cancelled" in page
        assert "Cancel 4 tasks" in page
        counted = counts(page)
        assert counted == {
            "queued": 4,
            "running": 1,
            "executed": 1,
            "default": 6,
            sample.add.name: 5,
            "gallery.other": 1,
            "has no live pool": 1,
            "is over by now": 1,
        }
        assert not PoolCommand.objects.exists()

    def test_only_what_is_ticked_is_meant(self, client, live):
        wanted, _ = waiting(), waiting()

        page = client.post(LIST, chosen("cancel", wanted)).text

        assert confirmed(page)["tasks"] == wanted.pk.hex

    def test_all_that_the_filters_and_the_search_match_are_meant(self, client, live):
        wanted = waiting(name="reports.monthly")
        waiting(name="reports.monthly", status="running"), waiting(name="gallery.other")

        page = client.post(f"{LIST}?status=queued&q=monthly", chosen("cancel", across=True)).text

        assert confirmed(page) == {"verb": "cancel", "tasks": wanted.pk.hex, "query": "status=queued&amp;q=monthly"}

    def test_each_pool_is_asked_once_and_the_list_is_shown_again(self, client, operator, live):
        other = make_instance("cpu", pid=100)
        records = [waiting() for _ in range(3)] + [waiting(pool="cpu", pid=100)]
        page = client.post(f"{LIST}?status=queued", chosen("cancel", across=True)).text

        answer = client.post(ASK, {**confirmed(page), "query": "status=queued"})

        assert answer.url == f"{LIST}?status=queued"
        asked = {command.instance: command for command in PoolCommand.objects.all()}
        assert {command.verb for command in asked.values()} == {"cancel"}
        assert set(asked[live].arguments["task_ids"]) == {str(record.pk) for record in records[:3]}
        assert asked[other].arguments == {"task_ids": [str(records[3].pk)]}
        assert {command.requested_by for command in asked.values()} == {"otto"}
        said = client.get(answer.url).text
        assert "Asked to cancel 4 tasks." in said
        assert reverse("admin:poolapp_poolcommand_changelist") + "?verb__exact=cancel" in said

    def test_the_log_tells_of_each_request_without_all_the_ids(self, client, live):
        records = [waiting(), waiting()]

        client.post(ASK, {"verb": "cancel", "tasks": ",".join(record.pk.hex for record in records)})

        [entry] = LogEntry.objects.all()
        assert entry.user.get_username() == "otto"
        assert "cancel tasks {'task_ids': 2}" in entry.change_message

    def test_what_was_confirmed_is_meant_and_nothing_that_came_later(self, client, live):
        first = waiting()
        page = client.post(LIST, chosen("cancel", across=True)).text
        waiting()

        client.post(ASK, confirmed(page))

        assert PoolCommand.objects.get().arguments == {"task_ids": [str(first.pk)]}

    def test_what_is_over_in_the_meantime_is_not_asked_for(self, client, live):
        task = waiting()
        page = client.post(LIST, chosen("cancel", task)).text
        TaskRecord.objects.update(status="executed")

        answer = client.post(ASK, confirmed(page))

        assert not PoolCommand.objects.exists()
        assert "None of these tasks can be cancelled or run again by now." in client.get(answer.url).text

    def test_more_than_a_bound_are_not_meant_and_the_page_says_so(self, client, live, monkeypatch):
        monkeypatch.setattr(bulk, "MOST_MEANT", 2)
        for _ in range(3):
            waiting()

        page = client.post(LIST, chosen("cancel", across=True)).text

        assert "More than 2 tasks match: only the newest 2 are meant." in page
        assert len(confirmed(page)["tasks"].split(",")) == 2

    def test_where_nothing_can_be_there_is_no_button(self, client, live):
        page = client.post(LIST, chosen("cancel", done())).text

        assert "0 of 1 task can be cancelled" in page
        assert ASK not in page

    @pytest.mark.parametrize("ids", ["", "nonsense", "1,2"])
    def test_ids_that_are_none_are_refused(self, client, live, ids):
        answer = client.post(ASK, {"verb": "cancel", "tasks": ids})

        assert "is not the id of a task" in client.get(answer.url).text
        assert not PoolCommand.objects.exists()

    def test_more_ids_than_are_looked_at_are_cut_and_the_answer_says_so(self, client, live, monkeypatch):
        monkeypatch.setattr(bulk, "MOST_MEANT", 2)

        answer = client.post(ASK, {"verb": "cancel", "tasks": ",".join(waiting().pk.hex for _ in range(3))})

        assert len(PoolCommand.objects.get().arguments["task_ids"]) == 2
        assert "Only the first 2 of these tasks were looked at." in client.get(answer.url).text

    def test_names_are_escaped(self, client, live):
        page = client.post(LIST, chosen("cancel", waiting(name=HOSTILE, pool=HOSTILE))).text

        assert "<img src=x" not in page

    def test_nothing_leads_away_from_the_list(self, client, live):
        answer = client.post(ASK, {"verb": "cancel", "tasks": waiting().pk.hex, "query": "//evil.example/\r\nX: y"})

        assert answer.url.startswith(f"{LIST}?")
        assert "\n" not in answer.url


@pytest.mark.usefixtures("operator")
class TestRunningAgain:
    def test_the_page_counts_what_can_be_and_why_not(self, client, live):
        done(), done(status="failed"), done(call=""), done(name="nobody.knows"), waiting(), done(pool="gone")

        page = client.post(LIST, chosen("repeat", across=True)).text

        assert "2 of 6 tasks can be run again" in page
        reasons = ("has no recorded arguments", "is not registered under its name", "waits or runs still")
        assert [counts(page)[reason] for reason in (*reasons, "has no live pool")] == [1, 1, 1, 1]

    def test_the_pool_that_ran_it_is_asked(self, client, live):
        make_instance(pid=100, snapshot=snapshot(queued_tasks=0))

        client.post(ASK, {"verb": "repeat", "tasks": done().pk.hex})

        assert PoolCommand.objects.get().instance == live

    def test_where_it_is_gone_the_idlest_of_the_same_alias_is(self, client):
        make_instance(pid=1, snapshot=snapshot(queued_tasks=5))
        idle = make_instance(pid=2, snapshot=snapshot(queued_tasks=1))
        make_instance(pid=99, age=60)
        task = done()

        client.post(ASK, {"verb": "repeat", "tasks": task.pk.hex})

        command = PoolCommand.objects.get()
        assert (command.instance, command.arguments) == (idle, {"task_ids": [str(task.pk)]})

    def test_many_are_asked_for_in_parts(self, client, live, monkeypatch):
        monkeypatch.setitem(bulk.TASKS_IN_A_REQUEST, "repeat", 2)
        ids = [done().pk.hex for _ in range(5)]

        client.post(ASK, {"verb": "repeat", "tasks": ",".join(ids)})

        sizes = [len(command.arguments["task_ids"]) for command in PoolCommand.objects.all()]
        assert sorted(sizes) == [1, 2, 2]

    @pytest.mark.parametrize("state", ["draining", "drained", "stopping"])
    def test_a_pool_that_takes_no_tasks_is_not_asked(self, client, state):
        make_instance(pid=99, snapshot=snapshot(state=state, queued_tasks=0))
        make_instance(pid=1, snapshot=snapshot(state=state, queued_tasks=0))
        other = make_instance(pid=2, snapshot=snapshot(queued_tasks=5))

        client.post(ASK, {"verb": "repeat", "tasks": done().pk.hex})

        assert PoolCommand.objects.get().instance == other

    def test_where_all_are_drained_the_page_says_so(self, client):
        make_instance(pid=99, snapshot=snapshot(state="drained"))

        page = client.post(LIST, chosen("repeat", done())).text

        assert "0 of 1 task can be run again" in page
        assert counts(page)["belongs to a drained pool, which takes no tasks"] == 1

    def test_a_drained_pool_is_asked_to_cancel(self, client):
        draining = make_instance(pid=99, snapshot=snapshot(state="draining"))

        client.post(ASK, {"verb": "cancel", "tasks": waiting().pk.hex})

        assert PoolCommand.objects.get().instance == draining

    def test_one_request_is_linked_to_itself(self, client, live):
        answer = client.post(ASK, {"verb": "repeat", "tasks": done().pk.hex})

        page = client.get(answer.url).text
        assert "Asked to run 1 task again." in page
        assert reverse("admin:poolapp_poolcommand_change", args=[PoolCommand.objects.get().pk]) in page


def test_who_may_not_see_requests_is_not_sent_there(client, make_user, live):
    client.force_login(make_user(*BOTH))

    answer = client.post(ASK, {"verb": "repeat", "tasks": done().pk.hex})

    page = client.get(answer.url).text
    assert "Asked to run 1 task again." in page
    assert "poolcommand" not in page


def test_ten_thousand_tasks_are_asked_for_in_few_queries(client, operator, live, django_assert_max_num_queries):
    records = [TaskRecord(**fields) for fields in _many(10_000)]
    TaskRecord.objects.bulk_create(records, batch_size=500)
    page = client.post(LIST, chosen("cancel", across=True)).text

    with django_assert_max_num_queries(50):
        client.post(ASK, confirmed(page))

    assert len(PoolCommand.objects.get().arguments["task_ids"]) == 10_000


def _many(count: int) -> list[dict[str, Any]]:
    like = waiting()
    TaskRecord.objects.all().delete()
    fields = {field.attname: getattr(like, field.attname) for field in TaskRecord._meta.concrete_fields}
    return [{**fields, "id": f"00000000-0000-4000-a000-{number:012x}"} for number in range(count)]
