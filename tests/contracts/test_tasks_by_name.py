"""Task functions can be added, removed, listed and made the default while the pool runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from poolapp.engine import InvalidOption, InvalidOptionType, Pool, TaskFunction, TaskNotFound, TaskNotPicklable
from tests.engine import functions
from tests.engine.polling import eventually


def test_a_function_that_was_added_is_found_by_its_name(pool: Pool):
    assert not pool.has_task("plus")

    pool.add_task("plus", functions.add)

    assert pool.has_task("plus")
    assert pool.execute("plus", 1, 2).result(10) == 3


def test_a_function_can_be_added_with_its_options(pool: Pool):
    pool.add_task("plus", TaskFunction(functions.add, "add", priority=-5, workers=[1], timeout=10.0))

    future = pool.execute("plus", 1, 2)

    assert future.result(10) == 3
    assert future.info["worker"] == 2, "the one in slot 1"
    assert pool.list_tasks()[-1] == {
        "name": "plus", "priority": -5, "workers": (1,), "timeout": 10.0, "default": False,
    }  # fmt: skip


def test_adding_again_replaces(pool: Pool):
    pool.add_task("work", functions.add)
    assert pool.execute("work", 1, 2).result(10) == 3

    pool.add_task("work", functions.identity)

    assert pool.execute("work", "same").result(10) == "same"


def test_a_function_that_was_removed_is_not_found_any_more(pool: Pool):
    pool.add_task("plus", functions.add)
    pool.execute("plus", 1, 2).result(10)
    assert "plus" in pool.snapshot()["tasks"]

    pool.remove_task("plus")

    with pytest.raises(TaskNotFound, match="no task is registered under the name 'plus'"):
        pool.execute("plus", 1, 2)
    assert "plus" not in pool.snapshot()["tasks"], "nor are its statistics"


@pytest.mark.parametrize("name", ["double", "unheard of"])
def test_only_what_was_added_can_be_removed(pool: Pool, name: str):
    with pytest.raises(TaskNotFound, match="only tasks that were added can be removed"):
        pool.remove_task(name)


def test_the_first_function_is_the_default_until_another_is(pool: Pool):
    assert pool.execute(None, 2).result(10) == 4
    pool.add_task("plus", functions.add)

    pool.set_default_task("plus")

    assert pool.execute(None, 2, 3).result(10) == 5
    assert pool.execute("default", 2, 3).result(10) == 5
    assert [task["name"] for task in pool.list_tasks()] == ["plus", "double"]
    assert [task["default"] for task in pool.list_tasks()] == [True, False]


def test_the_default_task_cannot_be_removed(pool: Pool):
    pool.add_task("plus", functions.add)
    pool.set_default_task("plus")

    with pytest.raises(InvalidOption, match="the default task cannot be removed, and 'plus' is it"):
        pool.remove_task("plus")


def test_the_default_task_has_to_exist(pool: Pool):
    with pytest.raises(TaskNotFound, match="no task is registered under the name 'unheard of'"):
        pool.set_default_task("unheard of")


def test_without_any_name_there_is_no_default_task():
    with Pool() as pool, pytest.raises(TaskNotFound, match="there is no default task, since no task has a name"):
        pool.execute(None)


@pytest.mark.parametrize("name", [None, 3])
def test_a_name_is_text(pool: Pool, name: object):
    with pytest.raises(InvalidOptionType, match="a task's name must be text"):
        pool.add_task(name, functions.add)
    with pytest.raises(InvalidOptionType, match="a task's name must be text"):
        pool.set_default_task(name)


def test_a_name_is_not_blank(pool: Pool):
    with pytest.raises(InvalidOption, match="a task's name must not be blank"):
        pool.add_task(" ", functions.add)


def test_the_name_of_the_default_task_is_reserved(pool: Pool):
    with pytest.raises(InvalidOption, match="the name 'default' stands for the default task"):
        pool.add_task("default", functions.add)


def test_what_is_no_function_cannot_be_added(pool: Pool):
    with pytest.raises(InvalidOptionType, match="a task must be a function, not 3"):
        pool.add_task("three", 3)


@pytest.mark.parametrize("kind", ["process"])
def test_a_function_that_no_worker_process_could_import_cannot_be_added(pool: Pool):
    with pytest.raises(TaskNotPicklable, match="nameless cannot be imported by a worker process"):
        pool.add_task("nameless", lambda: None)
    assert not pool.has_task("nameless")


def test_what_was_added_is_known_after_a_restart_of_the_pool(pool: Pool):
    pool.add_task("plus", functions.add)
    pool.destroy()

    pool.start()

    assert pool.execute("plus", 1, 2).result(10) == 3


def test_every_worker_that_starts_later_knows_it_too(pool: Pool):
    pool.add_task("plus", TaskFunction(functions.add, "plus", workers=[1]))

    pool.restart_workers().result(10)

    assert pool.execute("plus", 1, 2).result(10) == 3


def test_tasks_that_are_bound_to_a_slot_run_there_also_after_it_was_replaced(pool: Pool):
    bound = TaskFunction(functions.add, "bound", workers=[1])
    before = [pool.execute(bound, 1, 2) for _ in range(5)]
    assert {future.result(10) and future.info["worker"] for future in before} == {2}

    replaced = pool.restart_workers([2]).result(10)

    after = [pool.execute(bound, 1, 2) for _ in range(5)]
    assert {future.result(10) and future.info["worker"] for future in after} == {replaced[2]}


def test_slots_beyond_the_minimum_get_a_worker_when_they_are_asked_for(make_pool: Callable[..., Pool]):
    pool = make_pool(min_size=1, max_size=4)
    pool.start()
    eventually(lambda: pool.snapshot()["ready"])

    bound = TaskFunction(functions.add, "bound", workers=[2, 3])
    assert pool.execute(bound, 1, 2).result(10) == 3

    assert [worker["slot"] for worker in pool.snapshot()["workers"]] == [0, 2]


def test_a_slot_that_the_pool_does_not_have_is_refused_before_anything_is_queued(pool: Pool):
    with pytest.raises(InvalidOption, match="workers must be slots below max_size, here 2, not 7"):
        pool.execute(TaskFunction(functions.add, "add", workers=[7]), 1, 2)
    assert pool.snapshot()["submitted_tasks"] == 0
