"""The contract is the same for every kind of worker: each test here runs with all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from poolapp.engine import Pool, PoolOptions, TaskFuture
from tests.engine import functions
from tests.engine.conftest import gate, make_gate  # noqa: F401  # fixtures
from tests.engine.gates import Gate
from tests.engine.polling import eventually

KINDS = ("inline", "thread", "process")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make_pool(kind: str) -> Iterator[Callable[..., Pool]]:
    """Makes pools of two workers, unless told otherwise; not started, and destroyed in the end."""
    pools: list[Pool] = []

    def make(**options: object) -> Pool:
        given = {"worker": kind, "min_size": 2, "stop_timeout": 1.0, **options}
        pools.append(Pool(PoolOptions(**given), functions={"double": functions.doubled}))
        return pools[-1]

    yield make
    for pool in pools:
        pool.destroy(timeout=0)


@pytest.fixture
def pool(make_pool: Callable[..., Pool]) -> Pool:
    """A pool of two workers that are ready."""
    pool = make_pool()
    pool.start()
    eventually(lambda: pool.snapshot()["ready"])
    return pool


class Occupation:
    """Workers that are held by a task each."""

    def __init__(self) -> None:
        self.futures: list[TaskFuture] = []
        self.gates: list[Gate] = []

    def end(self) -> None:
        for held in self.gates:
            held.open()


@pytest.fixture
def occupied(tmp_path: Path) -> Callable[..., object]:
    """`with occupied(pool) as occupation:` holds every worker of a pool."""
    count = 0

    @contextmanager
    def occupy(pool: Pool, workers: int = 2) -> Iterator[Occupation]:
        nonlocal count
        occupation = Occupation()
        callers = []
        for _ in range(workers):
            count += 1
            held = Gate(tmp_path, f"occupied{count}")
            # In a thread of its own, because inline workers run their tasks in the caller's.
            caller = threading.Thread(target=lambda held=held: occupation.futures.append(held.hold(pool)))
            caller.start()
            held.wait_for_task()
            occupation.gates.append(held)
            callers.append(caller)
        try:
            yield occupation
        finally:
            occupation.end()
            for caller in callers:
                caller.join(10)
            for held in occupation.gates:
                held.close()

    return occupy


def books(pool: Pool) -> dict[str, int]:
    """The counters of a pool."""
    snapshot = pool.snapshot()
    names = ("submitted", "executed", "failed", "cancelled", "executing", "queued")
    return {name: snapshot[f"{name}_tasks"] for name in names}


@pytest.fixture(autouse=True)
def books_balance(make_pool: Callable[..., Pool], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After every test, whatever it did, each task of each pool was counted once."""
    pools: list[Pool] = []
    start = Pool.start
    monkeypatch.setattr(Pool, "start", lambda pool: (pools.append(pool), start(pool))[1])
    yield
    for pool in pools:
        counted = books(pool)
        submitted = counted.pop("submitted")
        assert submitted == sum(counted.values()), books(pool)
