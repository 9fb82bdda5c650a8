"""The verdict for load balancers, and who gets more than that."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

import poolapp
from poolapp import pools as running_pools
from tests.app.gates import Gate
from tests.app.polling import eventually
from tests.sampleapp import tasks

SECONDS = 30
TOKEN = "a token that is long enough"


def health(client: Client | None = None, **headers: str) -> tuple[int, dict]:
    response = (client or Client()).get("/poolapp/health/", headers=headers)
    assert "no-cache" in response["Cache-Control"]
    return response.status_code, response.json()


@pytest.fixture
def ready(thread_pools: None) -> None:
    running_pools.start()
    for pool in running_pools.running().values():
        eventually(lambda pool=pool: pool.snapshot()["ready"])


@pytest.mark.usefixtures("ready")
def test_ready_pools_are_ok_and_strangers_learn_nothing_else():
    assert health() == (200, {"status": "ok"})


def test_pools_that_wait_for_their_first_task_are_ok(thread_pools: None):
    assert health() == (200, {"status": "ok"})
    assert running_pools.running() == {}


@pytest.mark.usefixtures("ready")
def test_a_paused_pool_still_takes_tasks():
    poolapp.get_pool().pause()

    assert health() == (200, {"status": "paused"})


@pytest.mark.usefixtures("ready")
def test_a_drained_pool_is_unfit_until_it_is_resumed():
    poolapp.get_pool().drain()
    assert health() == (503, {"status": "drained"})

    poolapp.get_pool().resume()

    assert health() == (200, {"status": "ok"})


def test_a_pool_whose_workers_are_not_there_yet_is_unfit(pools, settings, gate: Gate):
    settings.POOLAPP = {"POOLS": {"default": {"WORKER": "process", "MIN_SIZE": 1}}}
    running_pools.start()

    status, body = health()

    assert (status, body) in [(503, {"status": "starting"}), (200, {"status": "ok"})]
    eventually(lambda: health() == (200, {"status": "ok"}))


def test_a_pool_whose_workers_do_not_last_is_unfit(pools, settings):
    broken = {"WORKER": "process", "MIN_SIZE": 1, "OPTIONS": {"worker_options": {"limits": {"AS": 1}}}}
    settings.POOLAPP = {"POOLS": {"default": broken}}
    running_pools.start()

    eventually(lambda: health() == (503, {"status": "without workers"}), within=SECONDS)


@pytest.mark.usefixtures("ready")
def test_a_pool_that_ends_is_unfit(gates: Callable[[], Gate]):
    gate, pool = gates(), poolapp.get_pool()
    tasks.hold.execute(gate.path)
    gate.wait_for_task()
    ending = threading.Thread(target=pool.destroy, args=(SECONDS,))
    ending.start()
    eventually(lambda: pool.snapshot()["state"] == "stopping")

    assert health() == (503, {"status": "stopping"})
    gate.open()
    ending.join(SECONDS)
    assert health()[0] == 503


@pytest.mark.usefixtures("ready")
class TestFigures:
    def test_with_the_token(self, settings):
        settings.POOLAPP = {**settings.POOLAPP, "MONITORING_TOKEN": TOKEN}

        _, body = health(authorization=f"Bearer {TOKEN}")

        assert body["pools"].keys() == {"default", "threads"}
        assert body["pools"]["default"]["state"] == "ready"
        assert body["pools"]["default"]["worker_nodes"] == 2

    @pytest.mark.parametrize("header", ["Bearer something else entirely", f"Basic {TOKEN}", "Bearer", "Bearer é", ""])
    def test_not_with_anything_else(self, settings, header: str):
        settings.POOLAPP = {**settings.POOLAPP, "MONITORING_TOKEN": TOKEN}

        assert health(authorization=header) == (200, {"status": "ok"})

    def test_not_with_an_empty_token_where_none_is_set(self):
        assert health(authorization="Bearer ") == (200, {"status": "ok"})

    @pytest.mark.parametrize("is_staff, may", [(True, True), (False, False)])
    def test_for_staff_who_may_see_the_dashboard(self, client: Client, is_staff: bool, may: bool):
        user = User.objects.create_user("ada", is_staff=is_staff)
        user.user_permissions.add(Permission.objects.get(codename="view_dashboard"))
        client.force_login(user)

        assert ("pools" in health(client)[1]) is may


def test_nothing_but_reading(client: Client):
    assert client.post("/poolapp/health/").status_code == 405
