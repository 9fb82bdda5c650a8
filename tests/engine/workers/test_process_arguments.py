"""What travels to process workers and back: refused by name where it cannot, and never at the cost of a worker."""

from __future__ import annotations

import array
import threading
from collections.abc import Callable

import pytest

from poolapp.engine import (
    PayloadTooLarge,
    Pool,
    RemoteError,
    ResultNotPicklable,
    TaskExited,
    TaskFunction,
    TaskNotPicklable,
    WorkerLost,
)
from tests.engine import functions

MakePool = Callable[..., Pool]


@pytest.fixture
def pool(make_pool: MakePool) -> Pool:
    return make_pool()


@pytest.fixture
def same_worker(pool: Pool):
    """Checks that the worker has survived the test."""
    before = pool.execute(functions.pid).result(10)
    yield
    assert pool.execute(functions.pid).result(10) == before
    assert pool.snapshot()["restarts"] == 0


def module_function(value: int) -> int:
    return value


# Refused in the caller, before anything is queued


@pytest.mark.parametrize(
    "args, kwargs, blamed",
    [
        ((1, threading.Lock()), {}, r"argument 2 of tests\.engine\.functions\.identity cannot be pickled: .*lock"),
        ((1,), {"second": threading.Lock()}, "argument 'second' of .*: TypeError"),
        ((functions.NotPicklable(),), {}, "argument 1 of .*: TypeError: not me"),
        ((), {"value": [lambda: 1]}, "argument 'value' of .*lambda"),
    ],
)
def test_an_argument_that_cannot_be_pickled_is_refused_by_name(pool: Pool, args: tuple, kwargs: dict, blamed: str):
    with pytest.raises(TaskNotPicklable, match=blamed):
        pool.execute(functions.identity, *args, **kwargs)

    assert pool.snapshot()["submitted_tasks"] == 0


def test_a_lambda_is_refused(pool: Pool):
    with pytest.raises(TaskNotPicklable, match=r"the function of .*<lambda> cannot be pickled.*top of a module"):
        pool.execute(lambda: 1)

    assert pool.snapshot()["submitted_tasks"] == 0


def test_a_local_function_is_refused(pool: Pool):
    def local() -> None:
        pass

    with pytest.raises(TaskNotPicklable, match="local cannot be pickled"):
        pool.execute(local)

    assert pool.snapshot()["submitted_tasks"] == 0


def test_a_function_of_the_main_script_is_refused(pool: Pool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module_function, "__module__", "__main__")

    with pytest.raises(TaskNotPicklable, match="main script, which a process worker cannot import"):
        pool.execute(module_function, 1)

    assert pool.snapshot()["submitted_tasks"] == 0


def test_a_function_that_hides_behind_its_decorator_is_refused(pool: Pool):
    hidden = functions.decorated.__wrapped__

    with pytest.raises(TaskNotPicklable, match="decorated"):
        pool.execute(hidden, 1)

    assert pool.snapshot()["submitted_tasks"] == 0


def test_a_function_behind_its_task_function_runs(pool: Pool):
    assert isinstance(functions.doubled, TaskFunction)

    assert pool.execute(functions.doubled, 4).result(10) == 8
    assert pool.execute(functions.doubled.function, 4).result(10) == 8


# Refused in the worker, which lives on


@pytest.mark.usefixtures("same_worker")
def test_a_result_that_cannot_be_pickled_is_a_clear_error(pool: Pool):
    future = pool.execute(functions.return_unpicklable)

    with pytest.raises(
        ResultNotPicklable, match=r"result of tests\.engine\.functions\.return_unpicklable, of type lock"
    ):
        future.result(10)


@pytest.mark.usefixtures("same_worker")
def test_a_result_that_is_nested_too_deeply_is_a_clear_error(pool: Pool):
    future = pool.execute(functions.return_too_deep)

    with pytest.raises(ResultNotPicklable, match=r"of type list.*RecursionError"):
        future.result(10)


@pytest.mark.usefixtures("same_worker")
def test_an_argument_that_cannot_be_rebuilt_in_the_worker_fails_its_task(pool: Pool):
    future = pool.execute(functions.identity, functions.OnlyThere())

    with pytest.raises(TaskNotPicklable, match="could not rebuild the call: LookupError: this is not process"):
        future.result(10)


@pytest.mark.usefixtures("same_worker")
@pytest.mark.parametrize("name", ["ValueError", "SystemExit", "KeyboardInterrupt", "RecursionError"])
def test_an_argument_that_raises_while_it_is_rebuilt_fails_its_task(pool: Pool, name: str):
    future = pool.execute(functions.identity, functions.NotRebuildable(name))

    with pytest.raises(TaskNotPicklable, match=f"{name}: cannot be made again"):
        future.result(10)


@pytest.mark.usefixtures("same_worker")
def test_a_function_that_the_worker_cannot_import_fails_its_task(pool: Pool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module_function, "__qualname__", "new_function")
    monkeypatch.setitem(globals(), "new_function", module_function)

    future = pool.execute(module_function, 1)

    with pytest.raises(TaskNotPicklable, match=r"could not rebuild the call: AttributeError.*new_function"):
        future.result(10)


# Refused in the pool, which lives on


@pytest.mark.usefixtures("same_worker")
@pytest.mark.parametrize("name", ["ValueError", "SystemExit", "KeyboardInterrupt", "RecursionError"])
def test_a_result_that_cannot_be_rebuilt_in_the_pool_fails_its_task(pool: Pool, name: str):
    future = pool.execute(functions.return_not_rebuildable, name)

    with pytest.raises(ResultNotPicklable, match=f"could not be rebuilt: {name}: cannot be made again"):
        future.result(10)


@pytest.mark.usefixtures("same_worker")
@pytest.mark.parametrize("name", ["ValueError", "SystemExit", "KeyboardInterrupt", "RecursionError"])
def test_an_exception_that_cannot_be_rebuilt_in_the_pool_is_told_in_words(pool: Pool, name: str):
    future = pool.execute(functions.raise_not_rebuildable, name)

    with pytest.raises(RemoteError, match=f"NotRebuildableError: {name}"):
        future.result(10)


@pytest.mark.usefixtures("same_worker")
@pytest.mark.parametrize(
    "function, text",
    [
        (functions.fail_with_api_error, "ApiError: 502 at /photos"),
        (functions.fail_with_a_local_class, "LocalError: from here"),
        (functions.fail_with_a_lock, "ValueError: .*with a lock"),
    ],
)
def test_an_exception_that_does_not_survive_pickle_is_told_in_words(pool: Pool, function: Callable, text: str):
    future = pool.execute(function)

    with pytest.raises(RemoteError, match=text) as caught:
        future.result(10)
    assert function.__name__ in str(caught.value.__cause__)


@pytest.mark.usefixtures("same_worker")
def test_an_exception_whose_text_cannot_be_made_arrives_all_the_same(pool: Pool):
    future = pool.execute(functions.fail_unspeakably)

    assert isinstance(future.exception(10), functions.Unspeakable)


@pytest.mark.usefixtures("same_worker")
def test_the_remote_traceback_is_the_cause(pool: Pool):
    future = pool.execute(functions.fail, "no such photo")

    with pytest.raises(ValueError, match="no such photo") as caught:
        future.result(10)
    assert "in fail\n    raise ValueError(message)" in str(caught.value.__cause__)


# Deadly wherever it happens


@pytest.mark.parametrize(
    "function, args, code",
    [(functions.identity, (functions.DeadlyToRebuild(),), 7), (functions.return_deadly, (), 8)],
    ids=["argument", "result"],
)
def test_what_kills_its_worker_while_it_is_unpacked_or_packed_costs_its_task_alone(
    pool: Pool, function: Callable, args: tuple, code: int
):
    victim = pool.execute(function, *args)
    others = [pool.execute(functions.add, number, 1) for number in range(5)]

    with pytest.raises(WorkerLost, match=f"exit code {code}"):
        victim.result(10)
    assert [future.result(10) for future in others] == [1, 2, 3, 4, 5]


# Large ones


def test_twenty_megabytes_travel_both_ways_at_once(make_pool: MakePool):
    pool = make_pool(min_size=2)
    photo = bytes(range(256)) * 4096 * 20

    futures = [pool.execute(functions.identity, photo) for _ in range(6)]

    assert all(future.result(30) == photo for future in futures)


def test_many_arguments_that_fill_the_sockets_travel_while_results_come_back(make_pool: MakePool):
    pool = make_pool(min_size=2)
    for _ in range(10):
        pool.execute(functions.identity, b"x").result(10)

    futures = [pool.execute(functions.identity, bytes([number % 256]) * 50_000) for number in range(300)]

    assert [future.result(30)[:1] for future in futures] == [bytes([number % 256]) for number in range(300)]


@pytest.mark.usefixtures("same_worker")
@pytest.mark.parametrize("size", [0, 1, 16_384, 16_385, 65_535, 65_536, 65_537, 300_000])
def test_every_size_arrives_as_it_was(pool: Pool, size: int):
    assert pool.execute(functions.identity, b"y" * size).result(10) == b"y" * size


@pytest.mark.parametrize("size", [4_000, 100_000])
def test_what_is_larger_than_it_may_be_is_refused(make_pool: MakePool, size: int):
    pool = make_pool(max_payload=size + 100)
    worker = pool.execute(functions.pid).result(10)
    assert pool.execute(functions.identity, b"y" * size).result(10) == b"y" * size

    with pytest.raises(PayloadTooLarge, match=r"the arguments of tests.engine.functions.identity: [\d,]+ bytes"):
        pool.execute(functions.identity, b"y" * 2 * size)
    with pytest.raises(PayloadTooLarge, match=r"the outcome of tests.engine.functions.blob: .* more than"):
        pool.execute(functions.blob, 2 * size).result(10)
    with pytest.raises(PayloadTooLarge, match=r"the outcome of tests.engine.functions.raise_something_long"):
        pool.execute(functions.raise_something_long, 2 * size).result(10)

    assert pool.execute(functions.pid).result(10) == worker


@pytest.mark.usefixtures("same_worker")
def test_a_task_that_asks_to_exit_while_it_is_pickled_is_an_error(pool: Pool):
    future = pool.execute(functions.raise_base_exception, "SystemExit")

    with pytest.raises(TaskExited):
        future.result(10)


MIB = 2**20
LARGE = {
    "bytes": b"x" * 3 * MIB,
    "bytearray": bytearray(3 * MIB),
    "array": array.array("d", [1.5]) * MIB,
    "text": "é" * 2 * MIB,
    "nested": {"a": [b"x" * 5 * MIB, b"y" * 70_000], "b": (b"z" * 9 * MIB,)},
    "several": (b"x" * MIB, b"y" * 20 * MIB),
    "memory of its own mind": functions.Whimsical(),
}


@pytest.mark.parametrize("value", LARGE.values(), ids=LARGE)
def test_what_is_large_comes_back_as_it_went(pool: Pool, value: object):
    assert pool.execute(functions.identity, value).result(10) == value
    assert pool.execute(functions.identity, [value, value]).result(10) == [value, value]


def test_what_can_change_is_taken_as_it_is_when_it_is_given(pool: Pool):
    value = bytearray(b"x" * MIB)

    future = pool.execute(functions.identity, value)
    value[:] = b"y" * MIB

    assert future.result(10) == b"x" * MIB
