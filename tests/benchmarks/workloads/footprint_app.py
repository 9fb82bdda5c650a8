"""The pool of the settings, as a server has it: with records, heartbeats and requests, on SQLite."""

from __future__ import annotations

from poolapp.engine import TaskFuture
from tests.benchmarks.subjects import PROCESS
from tests.benchmarks.workloads.lifecycle_pools import Living, SetUp

APP = f"{PROCESS}, in the app"


def in_the_app(workers: int, set_up: SetUp) -> Living:
    """Django is set up already, and sets the workers up itself; they are as many as the settings of the tests say."""
    from django.core.management import call_command

    from poolapp import get_pool

    call_command("migrate", verbosity=0)
    pool = get_pool()
    pool.resize(workers)
    return Living(pool.submit, TaskFuture.result, pool)
