"""The one thread of a process that talks to the database: records, heartbeats, requests, clearing out."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.db import connections

from poolapp.conf import get_settings
from poolapp.control.desk import CommandDesk
from poolapp.db import keep_connections
from poolapp.engine.events import Event
from poolapp.engine.pool import Pool
from poolapp.heartbeat import Heartbeat
from poolapp.lost import close_books_of_the_lost
from poolapp.observers.recorder import Recorder
from poolapp.retention import clear_out

logger = logging.getLogger("poolapp")

FLUSH_EVERY = 0.2
LISTEN_EVERY = 0.5
BEAT_EVERY = 1.0
MOURN_EVERY = 2.0
CLEAR_OUT_EVERY = 60.0
SECONDS_FOR_GOODBYE = 1.5
SECONDS_BETWEEN_COMPLAINTS = 60.0
LONGEST_TROUBLE = 300  # characters


class Chore:
    """Something to be done every few seconds; when it fails, the others go on and it is tried again."""

    def __init__(self, name: str, every: float, do: Callable[[], object]) -> None:
        self._name = name
        self._every = every
        self._do = do
        self._next_complaint = 0.0
        self.trouble: str | None = None  # why it could not be done the last time
        self.due = 0.0  # a reading of the monotonic clock
        self.failures = 0

    def do(self) -> None:
        self.due = time.monotonic() + self._every
        try:
            keep_connections()
            if self._do() is True:  # there is more to be done
                self.due = 0.0
            if self.trouble is not None:
                self.trouble, self._next_complaint = None, 0.0
                logger.warning("poolapp can %s again (after %d failures)", self._name, self.failures)
        except Exception as exc:
            self.failures += 1
            self.trouble = f"{type(exc).__name__}: {exc}"[:LONGEST_TROUBLE]
            connections.close_all()
            if time.monotonic() >= self._next_complaint:
                self._next_complaint = time.monotonic() + SECONDS_BETWEEN_COMPLAINTS
                logger.exception("poolapp could not %s (failure %d); it tries again", self._name, self.failures)


class Housekeeper:
    """Does the chores of all pools of this process, from a daemon thread."""

    returns_at_once = True

    def __init__(self) -> None:
        self._settings = get_settings()
        database = self._settings.database
        self._heartbeats: dict[str, Heartbeat] = {}
        self._recorder = Recorder(self._settings)
        self._desk = CommandDesk(database)
        self._recording = Chore("record tasks", FLUSH_EVERY, lambda: self._recorder.flush(FLUSH_EVERY))
        self._beating = Chore("write its heartbeat", BEAT_EVERY, self._beat)
        self._listening = Chore("look for requests", LISTEN_EVERY, self._listen)
        self._chores = [
            self._recording,
            self._beating,
            self._listening,
            Chore("close the books of lost processes", MOURN_EVERY, lambda: close_books_of_the_lost(database)),
            Chore("clear out old records", CLEAR_OUT_EVERY, self._clear_out),
        ]
        self._clearing: Iterator[int] | None = None
        self._woken = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="poolapp-housekeeper", daemon=True)

    def wants(self, event: str) -> bool:
        return self._recorder.wants(event)

    def handle(self, alias: str, event: Event) -> None:
        """Take note of an event of a pool."""
        self._recorder.handle(alias, event)
        if heartbeat := self._heartbeats.get(alias):
            heartbeat.handle(alias, event)

    def look_after(self, alias: str, pool: Pool) -> None:
        """Care for a pool from now on."""
        self._heartbeats[alias] = Heartbeat(alias, pool, socket.gethostname(), self._settings, self.wake)
        if not self._thread.is_alive():
            self._thread.start()
        self.wake()

    def instance(self, alias: str) -> int | None:
        """The id of the PoolInstance of a pool, None before its first heartbeat."""
        heartbeat = self._heartbeats.get(alias)
        return heartbeat.instance.pk if heartbeat is not None else None

    def wake(self) -> None:
        """Beat, and look for requests, now."""
        self._beating.due = self._listening.due = 0.0
        self._woken.set()

    @property
    def dropped_records(self) -> int:
        """Events that were not recorded because the database did not keep up."""
        return self._recorder.dropped

    @property
    def recording(self) -> dict[str, Any]:
        """How recording goes: events that were left out, and what is wrong with the database, JSON-ready."""
        return {"dropped_records": self.dropped_records, "recording_trouble": self._recording.trouble}

    def stop(self) -> None:
        """Say goodbye and write what is left, within a few seconds."""
        self._stopped = True
        self._woken.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(SECONDS_FOR_GOODBYE + 0.5)

    def _run(self) -> None:
        while not self._stopped:
            for chore in self._chores:
                if time.monotonic() >= chore.due:
                    chore.do()
            pause = min(chore.due for chore in self._chores) - time.monotonic()
            self._woken.wait(max(0.0, pause))
            self._woken.clear()
        self._say_goodbye()

    def _say_goodbye(self) -> None:
        for heartbeat in self._heartbeats.values():
            Chore("write its last heartbeat", 0, partial(heartbeat.stop, self.recording)).do()
        Chore("record the last tasks", 0, lambda: self._recorder.flush(SECONDS_FOR_GOODBYE)).do()
        self._recorder.give_up()
        connections.close_all()

    def _beat(self) -> None:
        for heartbeat in list(self._heartbeats.values()):
            heartbeat.beat(self.recording)

    def _clear_out(self) -> bool:
        """Do the next step, and say whether there are more; once there is none, the next call begins anew."""
        if self._clearing is None:
            self._clearing = clear_out(self._settings)
        if next(self._clearing, 0):
            return True
        self._clearing = None
        return False

    def _listen(self) -> bool:
        return self._desk.serve({h.instance.pk: h.pool for h in list(self._heartbeats.values()) if h.instance.pk})
