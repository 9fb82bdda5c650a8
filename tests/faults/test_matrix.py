"""Every stage of a task × every way in which it can go wrong: all end in an error, and nobody else is harmed.

The stages are those of loky's tests of deadlocks: pickle the task, unpickle it, run it, pickle and unpickle its result.
In the server's own process, where tasks are pickled and results unpickled, nobody survives an exit or a crash; there
SystemExit stands for them.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from poolapp.engine import Pool, ResultNotPicklable, TaskExited, TaskNotPicklable, WorkerLost
from tests.faults import hostile
from tests.faults.conftest import SECONDS, Bystanders, works

METHODS = pytest.mark.parametrize("start_method", ["fork", "exec"])
# Who leaves, or crashes, is lost with its worker, at whatever stage.
LOST = [("exit", WorkerLost, "ended with exit code 7"), ("crash", WorkerLost, "killed by SIGSEGV")]
Error = type[Exception]


@pytest.fixture
def pool(make_pool: Callable[..., Pool], start_method: str) -> Pool:
    return make_pool(worker_options={"start_method": start_method})


def fails(
    pool: Pool, bystanders: Bystanders, function: Callable[..., object], argument: object, error: Error, text: str
) -> bool:
    bystanders.come()
    future = pool.execute(function, argument)
    bystanders.come()
    with pytest.raises(error, match=text):
        future.result(SECONDS)
    return bystanders.are_well() and works(pool)


@METHODS
@pytest.mark.parametrize(
    "deed, error", [("raise", TaskNotPicklable), ("SystemExit", SystemExit)], ids=["raise", "SystemExit"]
)
def test_pickling_the_task(pool: Pool, bystanders: Callable[[Pool], Bystanders], deed: str, error: type[BaseException]):
    """In the caller. What ends a process is passed on as it is: it may be a signal handler of the server's."""
    others = bystanders(pool)
    others.come()

    with pytest.raises(error, match=r"not with me|good bye"):
        pool.execute(hostile.take, hostile.MisbehavesWhenPickled(deed))

    assert others.are_well()
    assert works(pool)


@METHODS
@pytest.mark.parametrize(
    "deed, error, text",
    [("raise", TaskNotPicklable, "not with me"), ("SystemExit", TaskNotPicklable, "good bye"), *LOST],
)
def test_unpickling_the_task(pool: Pool, bystanders: Callable[[Pool], Bystanders], deed: str, error: Error, text: str):
    argument = hostile.MisbehavesWhenUnpickled(deed)

    assert fails(pool, bystanders(pool), hostile.take, argument, error, text)


@METHODS
@pytest.mark.parametrize(
    "deed, error, text", [("raise", hostile.Rebelled, "not with me"), ("SystemExit", TaskExited, "good bye"), *LOST]
)
def test_running_it(pool: Pool, bystanders: Callable[[Pool], Bystanders], deed: str, error: Error, text: str):
    assert fails(pool, bystanders(pool), hostile.misbehave, deed, error, text)


@METHODS
@pytest.mark.parametrize(
    "deed, error, text",
    [("raise", ResultNotPicklable, "not with me"), ("SystemExit", ResultNotPicklable, "good bye"), *LOST],
)
def test_pickling_the_result(pool: Pool, bystanders: Callable[[Pool], Bystanders], deed: str, error: Error, text: str):
    give = hostile.give_what_misbehaves_when_pickled

    assert fails(pool, bystanders(pool), give, deed, error, text)


@METHODS
@pytest.mark.parametrize("deed, text", [("raise", "not with me"), ("SystemExit", "good bye")])
def test_unpickling_the_result(pool: Pool, bystanders: Callable[[Pool], Bystanders], deed: str, text: str):
    give = hostile.give_what_misbehaves_when_unpickled

    assert fails(pool, bystanders(pool), give, deed, ResultNotPicklable, text)


@pytest.mark.parametrize(
    "deed, error, text", [("raise", hostile.Rebelled, "not with me"), ("SystemExit", TaskExited, "good bye")]
)
def test_running_it_in_a_thread(
    make_pool: Callable[..., Pool],
    bystanders: Callable[[Pool], Bystanders],
    deed: str,
    error: Error,
    text: str,
):
    """Where nothing is pickled; an exit or a crash would be the server's."""
    pool = make_pool(worker="thread")

    assert fails(pool, bystanders(pool), hostile.misbehave, deed, error, text)
