"""The pool of a Django site: with its records, its dashboard's sockets, and a database that is locked now and then."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
from asgiref.sync import sync_to_async

from poolapp.engine import Pool, TaskFunction, TaskFuture

LONGEST_LOCK = 8.0
PAUSE_BETWEEN_LOCKS = 5.0
LONGEST_VISIT = 3.0
SOCKETS = 4
OPEN = ("queued", "running")


class SiteSubject:
    """A site in this process, as a server would have it; its database is a file of its own."""

    def __init__(self, directory: Path, worker: str, seed: int) -> None:
        self._database = directory / "site.sqlite3"
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.chaos.settings"
        os.environ["POOLAPP_CHAOS_DATABASE"] = str(self._database)
        os.environ["POOLAPP_CHAOS_WORKER"] = worker
        django.setup()
        from django.contrib.auth.models import User
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0)
        self._user = User.objects.create_superuser("chaos")
        connections.close_all()
        asyncio.run(sync_to_async(connections.close_all)())  # Django's thread for such calls stays for good
        self._stopping = threading.Event()
        self._dropped = 0
        self.visits = 0
        self._threads = [
            threading.Thread(target=self._lock_now_and_then, args=(random.Random(seed),), name="locker", daemon=True),
            threading.Thread(target=self._visit, args=(random.Random(seed + 1),), name="visitors", daemon=True),
        ]

    @property
    def pool(self) -> Pool:
        import poolapp

        return poolapp.get_pool()

    def execute(self, task: TaskFunction, *args: Any) -> TaskFuture:
        import poolapp

        return poolapp.execute(task, *args)

    def begin(self) -> None:
        assert self.pool
        for thread in self._threads:
            if thread.ident is None:
                thread.start()

    def end(self) -> dict[str, Any]:
        from poolapp import pools

        pool, housekeeper = self.pool, pools._set.housekeeper
        pools.stop(timeout=1.0)
        if housekeeper is not None:
            housekeeper._thread.join(LONGEST_LOCK + 30)  # it says goodbye when the database lets it
            self._dropped += housekeeper.dropped_records
        return pool.snapshot()

    def close(self, submitted: int) -> list[str]:
        """Stop visiting and locking, and look whether the records are those of all tasks, but for what was dropped."""
        from django.db import connections

        from poolapp.models import TaskRecord

        self._stopping.set()
        for thread in self._threads:
            thread.join(LONGEST_LOCK + LONGEST_VISIT + 10)
        finished = TaskRecord.objects.exclude(status__in=OPEN).count()
        connections.close_all()
        if submitted - finished > self._dropped:
            return [f"{finished} of {submitted} tasks have a finished record, but only {self._dropped} were dropped"]
        return [] if self.visits else ["nobody has visited the dashboard"]

    def _lock_now_and_then(self, rng: random.Random) -> None:
        while not self._stopping.wait(rng.expovariate(1 / PAUSE_BETWEEN_LOCKS)):
            other = sqlite3.connect(self._database, timeout=30, isolation_level=None)
            with contextlib.closing(other), contextlib.suppress(sqlite3.OperationalError):
                other.execute("BEGIN EXCLUSIVE")
                self._stopping.wait(LONGEST_LOCK * rng.random() ** 3)
                other.execute("ROLLBACK")

    def _visit(self, rng: random.Random) -> None:
        async def visit_all() -> None:
            await asyncio.gather(*(self._visit_again_and_again(random.Random(rng.random())) for _ in range(SOCKETS)))

        asyncio.run(visit_all())

    async def _visit_again_and_again(self, rng: random.Random) -> None:
        """Open a socket, hear frames for a while, and leave with or without a goodbye."""
        from channels.testing import WebsocketCommunicator

        from poolapp.dashboard.consumers import DashboardConsumer

        application: Callable[..., Any] = DashboardConsumer.as_asgi()
        while not self._stopping.is_set():
            communicator = WebsocketCommunicator(application, "/ws/poolapp/")
            communicator.scope["user"] = self._user
            with contextlib.suppress(Exception):
                await communicator.connect(timeout=LONGEST_LOCK + 30)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(rng.uniform(0, LONGEST_VISIT)):
                        while not self._stopping.is_set():
                            await communicator.receive_json_from(timeout=LONGEST_VISIT)
                            self.visits += 1
            if rng.random() < 0.5 and not communicator.future.done():
                with contextlib.suppress(Exception):
                    await communicator.disconnect(timeout=LONGEST_VISIT)
            communicator.stop(exceptions=False)
            with contextlib.suppress(asyncio.CancelledError):
                await communicator.future
