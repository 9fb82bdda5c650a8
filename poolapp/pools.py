"""The running pools of this process, by alias: started when first needed, forgotten after a fork, ended at exit."""

from __future__ import annotations

import atexit
import logging
import os
import socket
import threading
import time
from typing import Any

from django.apps import apps

from poolapp import registry, serving
from poolapp.conf import InvalidSetting, get_settings
from poolapp.db import database_names
from poolapp.engine.errors import PoolNotStarted
from poolapp.engine.options import PoolOptions
from poolapp.engine.pool import Pool
from poolapp.engine.workers import crew_class, role
from poolapp.engine.workers.inline import InlineCrew
from poolapp.housekeeping import Housekeeper
from poolapp.observers.audience import Audience
from poolapp.observers.base import Observer
from poolapp.observers.logger import EventLogger
from poolapp.observers.signaller import Signaller

logger = logging.getLogger("poolapp")

HOST = socket.gethostname()
# At exit: long enough for a short task to finish, short enough for every server's patience.
EXIT_GRACE = 2.0
IN_A_WORKER = "a task in a worker process cannot use pools; let its caller run what depends on it"


class PoolSet:
    """The pools of one process."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.pools: dict[str, Pool] = {}
        self.audiences: dict[str, Audience] = {}
        self.housekeeper: Housekeeper | None = None
        self.radio: Any = None  # the FleetRadio, where server processes share a channel layer

    def get(self, alias: str) -> Pool:
        pool = self.pools.get(alias)
        return pool if pool is not None else self._start(alias)

    def stop(self, timeout: float | None) -> None:
        """End all pools, given `timeout` seconds together to finish their tasks."""
        with self.lock:
            pools, self.pools = dict(self.pools), {}
            housekeeper, self.housekeeper = self.housekeeper, None
            radio, self.radio = self.radio, None
        # One after another: at the end of an interpreter no thread can be started any more.
        deadline = None if timeout is None else time.monotonic() + timeout
        for pool in pools.values():
            pool.destroy(None if deadline is None else max(0.0, deadline - time.monotonic()))
        if radio is not None:
            radio.stop()
        if housekeeper is not None:
            housekeeper.stop()

    def _start(self, alias: str) -> Pool:
        with self.lock:
            if alias in self.pools:
                return self.pools[alias]
            options = self.options(alias)
            registry.discover()
            pool = Pool(options, functions=registry.functions)
            self.audiences[alias] = Audience(alias, pool, *self.observers())
            pool.start()
            if self.housekeeper is not None:
                self.housekeeper.look_after(alias, pool)
            self.pools[alias] = pool
            return pool

    def options(self, alias: str) -> PoolOptions:
        """The options of a pool that is to be started here and now; raises what `get_pool` does."""
        options = configured(alias)
        if role.in_worker:
            raise PoolNotStarted(IN_A_WORKER)
        if get_settings().autostart == "never":
            raise PoolNotStarted(f'pool {alias!r} does not start, because AUTOSTART is "never"')
        return with_django(options)

    def observers(self) -> list[Observer]:
        """Who watches a pool that is about to start."""
        if self.housekeeper is None:
            self.housekeeper = Housekeeper()
            self.radio = _radio(self.housekeeper)
        return [self.housekeeper, Signaller(), EventLogger(), *_broadcasters()]


_set = PoolSet()


def get_pool(alias: str = "default") -> Pool:
    """The running pool of this process with this alias, started if need be.

    Raises InvalidSetting for an alias that POOLAPP does not have, PoolNotStarted where no pool may start.
    """
    return _set.get(alias)


def start() -> None:
    """Start all configured pools; does nothing for those that run."""
    serving.note_start("poolapp.pools.start() was called")
    for alias in get_settings().pools:
        get_pool(alias)


def stop(timeout: float | None = EXIT_GRACE) -> None:
    """End all pools of this process; running tasks get `timeout` seconds to finish (None: however long)."""
    _set.stop(timeout)


def use(pools: PoolSet) -> PoolSet:
    """Have these be the pools of this process, and return those that were it so far; they go on as they are."""
    global _set
    before, _set = _set, pools
    return before


def running() -> dict[str, Pool]:
    """The pools of this process that run, by alias."""
    return dict(_set.pools)


def local_snapshots() -> list[dict[str, Any]]:
    """The snapshots of the pools of this process, as a frame of the dashboard carries them."""
    return [snapshot_of(alias, pool) for alias, pool in running().items()]


def snapshot_of(alias: str, pool: Pool) -> dict[str, Any]:
    """A pool's snapshot with whose it is."""
    housekeeper = _set.housekeeper
    recording = housekeeper.recording if housekeeper is not None else {}
    whose = {"alias": alias, "host": HOST, "pid": os.getpid(), "instance": instance_of(alias)}
    return {**whose, "alive": True, "heartbeat_age": 0.0, **pool.snapshot(tasks=False), **recording}


def instance_of(alias: str) -> int | None:
    """The id of the PoolInstance of a pool of this process, None before its first heartbeat."""
    return _set.housekeeper.instance(alias) if _set.housekeeper is not None else None


def configured(alias: str) -> PoolOptions:
    """What POOLAPP says of a pool; raises InvalidSetting where it does not have one of this alias."""
    pools = get_settings().pools
    if alias not in pools:
        raise InvalidSetting(f"there is no pool {alias!r} in POOLAPP, only {', '.join(pools)}")
    return pools[alias]


def with_django(options: PoolOptions) -> PoolOptions:
    """The options with what tasks need to find Django around them as it is here."""
    crew = crew_class(options.worker)
    if issubclass(crew, InlineCrew):
        return options.replace(around_task=None, finalizer=None)  # the connections are those of the caller
    if not crew.can_freeze:
        return options  # Django is set up here
    at_both_ends = {"initializer": "poolapp.worker_setup:set_up", "finalizer": "poolapp.worker_setup:tear_down"}
    return options.replace(**at_both_ends, initializer_args=(database_names(),))


def wake() -> None:
    """Have this process look for requests now, if it has pools."""
    if (housekeeper := _set.housekeeper) is not None:
        housekeeper.wake()


def _radio(housekeeper: Housekeeper) -> Any:
    """What listens for the other server processes, where a channel layer connects them; it has been started."""
    if not apps.is_installed("channels"):
        return None
    from poolapp.fleet import FleetRadio, is_shared

    if not is_shared():
        return None
    radio = FleetRadio(housekeeper.wake)
    radio.start()
    return radio


def _broadcasters() -> list[Observer]:
    """The broadcaster to the browsers, where Channels is installed."""
    if not apps.is_installed("channels"):
        return []
    from poolapp.observers.broadcaster import broadcaster

    return [broadcaster]


def _forget() -> None:
    """In a forked child: the pools belong to the parent, and locks may be held by threads that are not here."""
    for pool in use(PoolSet()).pools.values():
        pool.abandon()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
atexit.register(stop)
