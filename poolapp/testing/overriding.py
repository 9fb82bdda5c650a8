"""Other pools for a while: for one test, for a class of tests, for a block."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.test.utils import TestContextDecorator, override_settings

from poolapp import pools as running_pools
from poolapp.pools import PoolSet
from poolapp.testing.immediate import CopyingCrew, ImmediateCrew

Pools = Mapping[str, Mapping[str, Any]]


class override_pools(TestContextDecorator):  # noqa: N801  # used like a function, as Django's override_settings is
    """Use other pools, as a context manager or a decorator of tests and of test classes.

    pools: what POOLAPP["POOLS"] says in the meantime; the configured ones, started anew, unless given.

    They start with their first task, whatever AUTOSTART says, and end with the block, running tasks included. Nothing
    is recorded, and no request from the dashboard or a command reaches them; signals are sent as ever. What ran before
    is left alone, and there again afterwards.
    """

    def __init__(self, pools: Pools | None = None, *, kwarg_name: str | None = None) -> None:
        super().__init__(attr_name=kwarg_name, kwarg_name=kwarg_name)
        self._pools = pools

    def enable(self) -> Any:
        raw = getattr(settings, "POOLAPP", {})
        pools = raw.get("POOLS", {"default": {}}) if self._pools is None else self._pools
        self._settings = override_settings(POOLAPP={**raw, "POOLS": self._changed(pools), "AUTOSTART": "lazy"})
        self._settings.enable()
        self._replaced = running_pools.use(PoolSet(is_watched=False))

    def disable(self) -> None:
        running_pools.use(self._replaced).stop(0)
        self._settings.disable()

    def _changed(self, pools: Pools) -> Pools:
        """These pools as they are to be."""
        return pools


class immediate_pools(override_pools):  # noqa: N801
    """Run every task at once, in the thread and the transaction of whoever asks, in all pools.

    When `execute` returns, the future is done. In pools of processes, arguments and results are pickled all the same:
    the test sees copies, and TaskNotPicklable where the site would. Time limits do not bite. A task that a coroutine
    asks for runs in the thread where `sync_to_async` runs what it is given.
    """

    def _changed(self, pools: Pools) -> Pools:
        return {alias: {**pool, "WORKER": _stand_in(pool)} for alias, pool in pools.items()}


def has_processes(pool: Mapping[str, Any]) -> bool:
    """Whether what is given to a pool so configured has to be pickled."""
    return bool(pool.get("WORKER", "process") == "process")


def _stand_in(pool: Mapping[str, Any]) -> type[ImmediateCrew]:
    return CopyingCrew if has_processes(pool) else ImmediateCrew
