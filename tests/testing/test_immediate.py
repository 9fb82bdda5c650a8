"""Pools that run a task at once: what a test of a site sees."""

from __future__ import annotations

import threading

import pytest
from django.contrib.auth.models import Group
from django.test import TestCase, override_settings
from django.utils import translation

import poolapp
from poolapp import pools as running_pools
from poolapp.models import PoolInstance, TaskRecord
from poolapp.signals import task_finished
from poolapp.testing import immediate_pools, record_tasks
from tests.testing import functions

POOLS = {"default": {"WORKER": "process"}, "threads": {"WORKER": "thread"}}


@pytest.fixture
def site(settings) -> None:
    settings.POOLAPP = {"POOLS": POOLS, "AUTOSTART": "never"}


@pytest.fixture
def immediate(site: None, immediate_pools: None) -> None:
    """The fixture of the plugin, on the pools of this site."""


def test_a_task_is_done_when_execute_returns_whatever_autostart_says(immediate):
    assert poolapp.execute(functions.add, 2, 3).done()
    assert poolapp.execute(functions.add, 2, 3).result() == 5


@pytest.mark.django_db
def test_it_runs_in_the_transaction_of_the_test(immediate):
    Group.objects.create(name="old")
    assert poolapp.execute(functions.rename, "old", "new").result() == 1
    assert Group.objects.get().name == "new"


def test_what_threads_are_given_is_what_the_caller_has(immediate):
    items = [1]
    assert poolapp.get_pool("threads").execute(functions.append, items).result() is items
    assert poolapp.execute(functions.whoami).result()[1] == threading.get_ident()


def test_what_processes_are_given_is_a_copy_and_so_is_the_result(immediate):
    items = [1]
    assert poolapp.execute(functions.append, items).result() == [1, 3]
    assert items == [1]


def test_what_processes_could_not_be_given_is_refused_as_there(immediate):
    with pytest.raises(poolapp.TaskNotPicklable, match="argument 1"):
        poolapp.execute(functions.add, threading.Lock(), 2)
    with pytest.raises(poolapp.TaskNotPicklable, match="cannot be imported"):
        poolapp.get_pool().add_task("local", lambda: None)
    with pytest.raises(poolapp.ResultNotPicklable, match="unpicklable, of type lock"):
        poolapp.execute(functions.unpicklable).result()


def test_an_error_comes_as_from_a_worker(immediate):
    future = poolapp.execute(functions.refuse, "milk")
    with pytest.raises(ValueError, match="no 'milk', please") as caught:
        future.result()
    assert "in refuse" in str(caught.value.__cause__)


def test_a_task_in_a_thread_may_wait_for_another(immediate):
    assert poolapp.get_pool("threads").execute(functions.add_twice, 4).result() == 8


def test_a_task_in_a_process_cannot_use_pools_here_either(immediate):
    with pytest.raises(poolapp.PoolNotStarted, match="a task in a worker process cannot use pools"):
        poolapp.execute(functions.add_twice, 4).result()
    assert poolapp.execute(functions.add, 1, 2).result() == 3


def test_helpers_within_helpers_keep_to_what_the_site_is(immediate):
    with immediate_pools(), record_tasks() as recorded, immediate_pools():
        with pytest.raises(poolapp.TaskNotPicklable):
            poolapp.execute(functions.add, threading.Lock(), 2)
        assert poolapp.execute(functions.add, 1, 2).result() == 3
    assert not recorded


def test_other_settings_meanwhile_do_not_end_it(immediate):
    with override_settings(POOLAPP={"POOLS": {"default": {"WORKER": "thread", "MIN_SIZE": 1}}}):
        assert poolapp.execute(functions.add, 1, 2).done()


def test_a_task_sees_the_language_of_its_caller(immediate):
    with translation.override("de"):
        assert poolapp.execute(translation.get_language).result() == "de"


@pytest.mark.django_db
def test_nothing_is_recorded_and_signals_are_sent(immediate):
    heard = []

    def hear(event, **_):
        heard.append(event.details["task"])

    task_finished.connect(hear)
    poolapp.execute(functions.add, 1, 1)
    running_pools.get_pool().destroy()  # signals are sent by a thread of the pool, which ends with it
    assert heard == ["tests.testing.functions.add"]
    assert not PoolInstance.objects.exists()
    assert not TaskRecord.objects.exists()


class AsyncViews(TestCase):
    """As sites test them: the test's own transaction, seen from coroutines."""

    async def test_aexecute_and_execute(self) -> None:
        await Group.objects.acreate(name="old")
        with immediate_pools():
            assert await poolapp.aexecute(functions.rename, "old", "new") == 1
            assert poolapp.execute(functions.rename, "new", "newer").result() == 1
            assert await poolapp.aexecute(functions.count_groups) == 1
            assert poolapp.execute(functions.count_groups).result() == 1
        assert [group.name async for group in Group.objects.all()] == ["newer"]


async def test_outside_of_a_test_case_of_django(immediate):
    assert await poolapp.aexecute(functions.add, 1, 2) == 3
    assert poolapp.execute(functions.add, 2, 2).result() == 4


@immediate_pools()
class Decorated(TestCase):
    """A class as a whole."""

    @classmethod
    def setUpTestData(cls) -> None:
        Group.objects.create(name="old")
        assert poolapp.execute(functions.rename, "old", "new").done()

    def test_what_is_set_up_for_all_has_them_too(self) -> None:
        assert Group.objects.get().name == "new"

    def test_each_test_has_them(self) -> None:
        assert poolapp.execute(functions.add, 2, 3).done()


@immediate_pools()
def test_decorated():
    assert poolapp.execute(functions.add, 2, 3).done()


def test_the_pools_from_before_are_back_afterwards(settings, transactional_db):
    settings.POOLAPP = {"POOLS": {"default": {"WORKER": "thread"}}, "AUTOSTART": "lazy"}
    before = poolapp.get_pool()
    with immediate_pools():
        assert poolapp.get_pool() is not before
        assert poolapp.execute(functions.add, 1, 2).done()
    assert poolapp.get_pool() is before
    assert before.execute(functions.add, 1, 2).result(timeout=10) == 3
    running_pools.stop()
