"""Lists of records stay fast however many there are: their queries go by indexes and count no further than a bound."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from poolapp import paging
from tests.dashboard.conftest import make_instance
from tests.dashboard.test_views import make_task

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
TASK_LISTS = [
    "",
    "?p=2",
    "?o=3",
    "?status=failed",
    "?pool=default",
    "?name=a-task",
    "?worker_slot=0",
    "?worker_slot=0&p=2",
    "?worker_slot=0&status=failed",
    "?pool=default&status=failed",
    "?queued_at__gte=2026-01-01+00:00:00%2B00:00",
    "?_facets=True",
    "?q=no-such-thing",
    "?q=00000000-0000-0000-0000-000000000000",
]


@pytest.fixture
def plans(client, make_user) -> Callable[[str, str], dict[str, str]]:
    """Gives the plans of the queries behind a list of records, by their SQL."""
    make_instance()
    for _ in range(3):
        make_task(name="a-task")
    client.force_login(make_user("view_taskrecord", "view_poolevent", "view_poolsnapshot"))

    def plans(model: str, query: str) -> dict[str, str]:
        with CaptureQueriesContext(connection) as captured:
            page = client.get(reverse(f"admin:poolapp_{model}_changelist") + query)
        assert page.status_code == 200
        with connection.cursor() as cursor:
            return {
                sql: "\n".join(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall())
                for query in captured
                if f'"poolapp_{model}"' in (sql := query["sql"])
            }

    return plans


@pytest.mark.parametrize(
    "model, query",
    [
        *(("taskrecord", query) for query in TASK_LISTS),
        *(
            ("poolevent", query)
            for query in ("", "?pool=default", "?event=worker_exit", "?at__gte=2026-01-01+00:00:00%2B00:00")
        ),
        *(("poolsnapshot", query) for query in ("", "?at__gte=2026-01-01+00:00:00%2B00:00")),
    ],
)
def test_no_list_reads_or_sorts_a_table(plans, model, query):
    found = plans(model, query)
    assert len(found) >= 2
    for sql, plan in found.items():
        if "COUNT(" in sql:
            assert "LIMIT" in sql
            continue
        for step in plan.splitlines():
            assert not step.startswith(f"SCAN poolapp_{model}") or "USING" in step, f"{sql}\n{plan}"
            assert step != "USE TEMP B-TREE FOR ORDER BY", f"{sql}\n{plan}"


def test_a_list_says_when_there_are_more_than_it_counts(plans, client, monkeypatch):
    def listed() -> str:
        return client.get(reverse("admin:poolapp_taskrecord_changelist")).content.decode()

    plans("taskrecord", "")
    assert "3 tasks" in listed()
    assert "There are more than" not in listed()
    monkeypatch.setattr(paging, "MOST_COUNTED", 2)
    assert "2+ tasks" in listed()
    assert "There are more than 2: use the filters" in listed()
