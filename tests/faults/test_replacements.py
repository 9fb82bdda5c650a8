"""Workers that are killed and replaced thousands of times leave nothing behind in the server."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from poolapp.engine import Pool
from tests.chaos.watch import Belongings
from tests.engine import functions
from tests.engine.polling import eventually

# Environment: POOLAPP_REPLACEMENTS, how many; 10,000 take some three minutes on a quiet machine.
REPLACEMENTS = int(os.environ.get("POOLAPP_REPLACEMENTS") or (3_000 if os.environ.get("CI") else 400))
FIRST = 100
# The books of a pool, and the arenas of its allocator, are not to the byte the same; one page per replacement would be
# forty times as much.
SLACK = 4_000_000


def replace(pool: Pool, count: int) -> None:
    """Kill the worker of a task that has just come to its end, so many times."""
    for _ in range(count):
        pid = pool.execute(functions.pid).result(30)
        os.kill(pid, signal.SIGKILL)
        eventually(lambda pid=pid: not Path(f"/proc/{pid}").exists())


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_descriptors_and_memory_after_thousands_are_those_after_a_hundred(make_pool: Callable[..., Pool]):
    pool = make_pool(min_size=1)
    replace(pool, FIRST)
    before = Belongings.now()

    replace(pool, REPLACEMENTS - FIRST)

    after = Belongings.now()
    assert pool.snapshot()["restarts"] >= REPLACEMENTS - 1
    assert after.descriptors == before.descriptors
    assert after.threads == before.threads
    assert after.memory <= before.memory + SLACK, f"{before.memory:,} bytes have become {after.memory:,}"
