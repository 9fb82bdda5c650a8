"""What a task returns or raises arrives at its caller."""

from __future__ import annotations

import functools
import math
from pathlib import Path

import pytest

from poolapp.engine import Pool, TaskExited, TaskNotFound, WorkerStartFailed
from tests.engine import functions
from tests.engine.polling import eventually


def test_a_result_arrives(pool: Pool):
    assert pool.execute(functions.add, 1, second=2).result(10) == 3


def test_nothing_is_a_result(pool: Pool):
    assert pool.execute(functions.nothing).result(10) is None


@pytest.mark.parametrize("value", [0, "", [], {"a": (1, 2)}, b"x" * 100_000, math.inf, ValueError("a value")])
def test_any_value_arrives_as_it_was(pool: Pool, value: object):
    result = pool.execute(functions.identity, value).result(10)

    assert type(result) is type(value)
    assert repr(result) == repr(value)


def test_a_task_is_asked_for_by_its_name(pool: Pool):
    assert pool.execute("double", 4).result(10) == 8


def test_a_name_that_nobody_has_registered_is_refused(pool: Pool):
    with pytest.raises(TaskNotFound):
        pool.execute("triple", 4)


CALLABLES = {
    "object": functions.Adder(1),
    "method": functions.Adder(1).method,
    "partial": functools.partial(functions.add, 1),
    "builtin": math.sqrt,
    "decorated function": functions.decorated,
    "task": functions.doubled,
    "class": functions.Adder,
    "class method": functions.Adder.from_class,
    "static method": functions.Adder.from_nothing,
}


@pytest.mark.parametrize("function", CALLABLES.values(), ids=CALLABLES)
def test_anything_that_can_be_called_can_be_executed(pool: Pool, function):
    assert pool.execute(function, 4).result(10) == function(4)


def test_an_exception_arrives_as_itself(pool: Pool):
    future = pool.execute(functions.fail, "no such photo")

    with pytest.raises(ValueError, match=r"^no such photo$"):
        future.result(10)
    assert isinstance(future.exception(10), ValueError)


def test_the_traceback_of_the_task_is_with_its_exception(pool: Pool, kind: str):
    error = pool.execute(functions.fail, "no such photo").exception(10)

    if kind == "process":
        assert "in fail" in str(error.__cause__)
    else:
        frames = []
        traceback = error.__traceback__
        while traceback:
            frames.append(traceback.tb_frame.f_code.co_name)
            traceback = traceback.tb_next
        assert frames[-1] == "fail"


def test_async_functions_run_to_their_end(pool: Pool):
    assert pool.execute(functions.add_later, 1, 2).result(10) == 3


def test_exceptions_of_async_functions_arrive(pool: Pool):
    with pytest.raises(ValueError, match="too late"):
        pool.execute(functions.fail_later, "too late").result(10)


def test_async_functions_of_one_worker_share_an_event_loop(make_pool):
    pool = make_pool(min_size=1)
    with pool:
        loops = {pool.execute(functions.running_loop).result(10) for _ in range(3)}

    assert len(loops) == 1


@pytest.mark.parametrize("name", ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "CancelledError"])
@pytest.mark.parametrize("function", [functions.raise_base_exception, functions.raise_base_exception_later])
def test_what_is_meant_to_end_a_process_arrives_as_an_exception_and_the_worker_lives_on(
    pool: Pool, function, name: str
):
    before = [worker["id"] for worker in pool.snapshot()["workers"]]

    future = pool.execute(function, name)

    assert isinstance(future.exception(10), TaskExited)
    assert isinstance(future.exception(10), Exception)
    assert name in str(future.exception(10))
    assert pool.execute(functions.add, 1, 1).result(10) == 2
    assert [worker["id"] for worker in pool.snapshot()["workers"]] == before


def test_map_returns_results_in_the_order_of_its_arguments(pool: Pool):
    pauses = [0.02, 0.0, 0.01, 0.0]

    assert list(pool.map(functions.nap, pauses)) == pauses


def test_map_takes_several_arguments_a_name_and_many_tasks(pool: Pool):
    assert list(pool.map(functions.add, range(500), range(500))) == [2 * number for number in range(500)]
    assert list(pool.map("double", [1, 2, 3])) == [2, 4, 6]


def test_map_raises_what_a_task_has_raised(pool: Pool):
    results = pool.map(functions.fail, ["first", "second"])

    with pytest.raises(ValueError, match="first"):
        next(results)


def test_a_thousand_tiny_tasks_all_run(pool: Pool):
    futures = [pool.execute(functions.add, number, 1) for number in range(1000)]

    assert [future.result(10) for future in futures] == list(range(1, 1001))


def test_a_context_manager_goes_around_every_task(make_pool):
    pool = make_pool(min_size=1, around_task="tests.engine.functions:counting_around")
    with pool:
        functions.prepared.clear()
        pool.execute(functions.nothing).result(10)
        seen = pool.execute(functions.what_was_prepared).result(10)

    assert seen == ["before", "after", "before"]
    functions.prepared.clear()


def test_every_worker_that_ends_by_itself_calls_the_finalizer(make_pool, tmp_path: Path, monkeypatch):
    ends = tmp_path / "ends"
    monkeypatch.setenv("POOLAPP_TEST_ENDS", str(ends))

    with make_pool(finalizer="tests.engine.functions:note_the_end") as pool:
        eventually(lambda: pool.snapshot()["ready"])
        pids = [worker["pid"] for worker in pool.snapshot()["workers"]]

    assert sorted(ends.read_text().split()) == sorted(map(str, pids))


@pytest.mark.parametrize("option", ["around_task", "finalizer"])
def test_a_pool_whose_workers_need_what_is_not_there_says_so(make_pool, option: str):
    pool = make_pool(**{option: "tests.engine.functions:not_there"})
    pool.start()

    with pytest.raises(WorkerStartFailed, match="not_there"):
        pool.execute(functions.add, 1, 1).result(10)
