"""The page of one pool, and the figures that it asks for."""

from __future__ import annotations

import json
import os
import re
from typing import Any

import pytest
from django.urls import reverse

from poolapp import pools as running_pools
from poolapp.models import PoolEvent, PoolInstance
from tests.app.polling import eventually
from tests.dashboard.conftest import ago, make_instance, snapshot, worker
from tests.dashboard.test_views import HOSTILE
from tests.sampleapp import tasks

pytestmark = pytest.mark.django_db
TIMES = snapshot()["run_time"]


def usage(**changes: Any) -> dict[str, Any]:
    return {
        "submitted": 9,
        "executed": 7,
        "failed": 2,
        "cancelled": 0,
        "run_time": TIMES,
        "wait_time": TIMES,
        **changes,
    }


@pytest.fixture
def instance() -> PoolInstance:
    """A pool of another process, two of whose workers have ended, one of them unexpectedly."""
    names = {"shop.pay": usage(), HOSTILE: usage(run_time={**TIMES, "aggregate": 99.0})}
    made = make_instance(snapshot=snapshot(tasks=names, queue={"size": 4}, workers=[worker(), worker(id=8, slot=1)]))
    for expected, reason in ((False, f"killed by SIGKILL {HOSTILE}"), (True, "retired")):
        details = {"slot": 1, "worker_pid": 4712, "reason": reason, "expected": expected}
        PoolEvent.objects.create(
            at=ago(1), event="worker_exit", pool=made.alias, host=made.host, pid=made.pid, details=details
        )
    return made


def address(page: str, pk: int) -> str:
    return reverse(f"admin:poolapp_dashboard_{page}", args=[pk])


@pytest.mark.parametrize("page", ["pool", "figures", "history"])
def test_it_is_for_those_who_may_see_the_dashboard(client, make_user, instance, page):
    assert client.get(address(page, instance.pk)).status_code == 302
    client.force_login(make_user("view_taskrecord"))
    assert client.get(address(page, instance.pk)).status_code == 403


@pytest.mark.parametrize("page", ["pool", "figures"])
def test_a_pool_that_nobody_knows_is_not_found(client, watcher, page):
    client.force_login(watcher)
    assert client.get(address(page, 4711)).status_code == 404


def test_it_shows_workers_tasks_by_name_losses_and_settings(client, watcher, instance):
    client.force_login(watcher)

    page = client.get(address("pool", instance.pk)).text

    assert len(re.findall(r'<li class="pa-tile" data-item data-key="\d', page)) == 2
    assert page.count("killed by SIGKILL") == 2, "the list, and what the script starts from"
    assert "retired" not in page
    assert "queue.size" in page
    assert HOSTILE not in page
    assert 'method="post"' not in page.partition('id="poolapp"')[2], "who may only look has nothing to press"


def test_those_who_may_control_pools_get_the_controls(client, make_user, instance):
    client.force_login(make_user("view_dashboard", "control_pool"))

    page = client.get(address("pool", instance.pk)).text.partition('id="poolapp"')[2]

    verbs = re.findall(r'name="verb" value="(\w+)"', page)
    assert set(verbs) == {"pause", "resume", "drain", "restart", "resize", "strategy"}
    assert page.count('name="worker"') == 3, "one for each worker, and one for those that come"


def test_figures_are_sorted_by_what_the_tasks_have_cost(client, watcher, instance):
    client.force_login(watcher)

    answer = client.get(address("figures", instance.pk)).json()

    assert [name["name"] for name in answer["names"]] == [HOSTILE, "shop.pay"]
    assert [exit["slot"] for exit in answer["exits"]] == [1]


def test_what_processes_of_this_host_use_is_told_and_of_no_other(client, watcher, instance):
    client.force_login(watcher)
    assert client.get(address("figures", instance.pk)).json()["processes"] == []
    mine = make_instance(
        host=running_pools.HOST, snapshot=snapshot(workers=[worker(pid=os.getpid()), worker(pid=None)])
    )

    [used] = client.get(address("figures", mine.pk)).json()["processes"]

    assert used["pid"] == os.getpid()
    assert used["memory"] > 2**20
    assert used["cpu"] > 0.1


def test_a_lost_pool_is_shown_as_such(client, watcher, instance):
    PoolInstance.objects.filter(pk=instance.pk).update(heartbeat_at=ago(60))
    client.force_login(watcher)

    state = json.loads(
        re.search(r'id="poolapp-state"[^>]*>(.*?)</script>', client.get(address("pool", instance.pk)).text)[1]
    )

    assert state["frame"]["pools"][0]["alive"] is False
    assert state["pool"] == f"default|elsewhere|{instance.pid}"


def test_a_pool_that_lives_here_is_shown_as_it_is(thread_pool, client, make_user):
    client.force_login(make_user("view_dashboard"))
    tasks.add.execute(1, 2).result(timeout=10)
    eventually(lambda: running_pools.instance_of("default") is not None)
    pk = running_pools.instance_of("default")
    assert pk is not None

    tasks.refuse.execute("no").exception(timeout=10)  # after the latest heartbeat, most likely

    found = client.get(address("figures", pk)).json()["names"]
    assert {name["name"]: (name["executed"], name["failed"]) for name in found} == {
        tasks.add.name: (1, 0),
        tasks.refuse.name: (0, 1),
    }
    page = client.get(address("pool", pk)).text
    assert page.count('<li class="pa-tile" data-item data-key="') == 3, "two workers, and the template of those to come"
