"""Pools that only take note of what they are asked to run."""

from __future__ import annotations

import threading

import pytest
from django.test import SimpleTestCase

import poolapp
from poolapp.testing import TaskNotRun, record_tasks
from tests.testing import functions


@pytest.fixture(autouse=True)
def site(settings) -> None:
    settings.POOLAPP = {"POOLS": {"default": {"WORKER": "process"}, "threads": {"WORKER": "thread"}}}


def test_what_was_asked_for_is_noted_in_order(recorded_tasks):
    assert not recorded_tasks
    poolapp.execute(functions.add, 2, b=3)
    poolapp.execute("testing.whoami")
    first, second = recorded_tasks
    assert (first.name, first.args, first.kwargs) == ("tests.testing.functions.add", (2,), {"b": 3})
    assert first.pool == "default"
    assert (second.name, second.pool) == ("testing.whoami", "threads")
    assert first.run() == 5
    assert recorded_tasks.of(functions.add) == recorded_tasks.of(first.name) == [first]
    recorded_tasks.clear()
    assert len(recorded_tasks) == 0


def test_a_result_has_to_be_given(recorded_tasks):
    future = poolapp.execute(functions.add, 2, 3)
    assert future.done()
    with pytest.raises(TaskNotRun, match=r"functions.add was recorded, not run; Recording.answer\(\)"):
        future.result()
    recorded_tasks.answer(functions.add, 50)
    assert poolapp.execute(functions.add, 2, 3).result() == 50
    recorded_tasks.answer("testing.whoami", OSError("gone"))
    with pytest.raises(OSError, match="gone"):
        poolapp.execute(functions.whoami).result()


async def test_coroutines_get_answers_too(recorded_tasks):
    recorded_tasks.answer(functions.add, None)
    assert await poolapp.aexecute(functions.add, 2, 3) is None
    assert len(recorded_tasks) == 1


def test_what_the_site_could_not_run_is_refused(recorded_tasks):
    with pytest.raises(poolapp.TaskNotPicklable):
        poolapp.execute(functions.add, threading.Lock(), 2)
    with pytest.raises(poolapp.TaskNotFound):
        poolapp.execute("testing.nobody")
    poolapp.get_pool("threads").execute(functions.add, threading.Lock(), 2)
    assert len(recorded_tasks) == 1


def test_arguments_are_noted_as_they_were(recorded_tasks):
    items = [1]
    poolapp.execute(functions.append, items)
    items.append(2)
    assert recorded_tasks[0].args == ([1],)


@pytest.mark.django_db
def test_an_async_task_can_be_run_later(recorded_tasks):
    poolapp.execute(functions.count_groups)
    assert recorded_tasks[0].run() == 0


@pytest.mark.django_db
async def test_in_a_coroutine_it_is_awaited(recorded_tasks):
    poolapp.execute(functions.count_groups)
    assert await recorded_tasks[0].run() == 0


def test_nothing_is_said_to_have_failed(recorded_tasks, caplog):
    poolapp.execute(functions.add, 1, 2)
    assert not caplog.records


class Decorated(SimpleTestCase):
    @record_tasks(kwarg_name="tasks")
    def test_a_method(self, tasks) -> None:
        poolapp.execute(functions.add, 2, 3)
        assert [task.args for task in tasks] == [(2, 3)]
