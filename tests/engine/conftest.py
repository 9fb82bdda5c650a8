"""What the tests of the engine and of its workers share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from poolapp.engine import Pool, PoolOptions
from tests.engine.gates import Gate

# The same examples in every run: a test that fails is a test that can be run again.
settings.register_profile(
    "poolapp", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("poolapp")


@pytest.fixture
def make_gate(tmp_path: Path) -> Iterator[Callable[[], Gate]]:
    """Makes gates, and opens them all in the end."""
    gates: list[Gate] = []

    def make() -> Gate:
        gates.append(Gate(tmp_path, f"gate{len(gates)}"))
        return gates[-1]

    yield make
    for gate in gates:
        gate.close()


@pytest.fixture
def gate(make_gate: Callable[[], Gate]) -> Gate:
    return make_gate()


@pytest.fixture
def make_pool(make_gate: Callable[[], Gate]) -> Iterator[Callable[..., Pool]]:
    """Makes and starts pools, of processes unless told otherwise, and destroys them in the end."""
    pools: list[Pool] = []

    def make(**options: object) -> Pool:
        pool = Pool(PoolOptions(**{"worker": "process", "min_size": 1, "stop_timeout": 1.0, **options}))
        pools.append(pool)
        pool.start()
        return pool

    yield make
    for pool in pools:
        pool.destroy(timeout=0)
