"""Where the process that owns a pool finds requests, carries them out, and leaves the answers."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from poolapp.control.verbs import carry_out
from poolapp.engine.errors import PoolError
from poolapp.engine.pool import Pool
from poolapp.engine.restarting import WorkersRestart
from poolapp.models import CommandStatus, PoolCommand

logger = logging.getLogger("poolapp")

SECONDS_AT_A_TIME = 0.5
"""After so long no further request is begun before the housekeeper has looked after other things."""
EXPECTED = (PoolError, ValueError, TypeError, DatabaseError)


class CommandDesk:
    """Serves the requests to the pools of this process; called again and again by one thread."""

    def __init__(self, database: str) -> None:
        self._commands = PoolCommand.objects.using(database)
        self._restarts: dict[int, WorkersRestart] = {}  # in progress, by the id of their command
        self._answers: dict[int, dict[str, Any]] = {}  # not written yet

    def serve(self, pools: Mapping[int, Pool]) -> bool:
        """Begin what was asked of these pools (by the id of their PoolInstance), and report on what was begun.

        Where that takes its time it is done in steps, so that heartbeats go on: says whether there is more to do.
        """
        self._write_answers()
        for command_id, restart in list(self._restarts.items()):
            self._report(command_id, restart)
        deadline = time.monotonic() + SECONDS_AT_A_TIME
        pending = self._commands.filter(instance__in=list(pools), status=CommandStatus.PENDING)
        for command in pending.order_by("requested_at"):
            if time.monotonic() >= deadline:
                return True
            self._begin(command, pools[command.instance_id])
        return False

    def _begin(self, command: PoolCommand, pool: Pool) -> None:
        if command.expires_at < timezone.now():
            self._answer(command.pk, CommandStatus.EXPIRED, error="nobody took it in time")
            return
        unclaimed = self._commands.filter(pk=command.pk, status=CommandStatus.PENDING)
        if not unclaimed.update(status=CommandStatus.RUNNING):
            return  # withdrawn in the meantime
        try:
            answer = carry_out(command.verb, pool, command.arguments)
        except Exception as exc:
            if not isinstance(exc, EXPECTED):
                logger.exception("A request could not be carried out: %s", command)
            self._answer(command.pk, CommandStatus.FAILED, error=str(exc) or type(exc).__name__)
            if isinstance(exc, DatabaseError):
                raise
            return
        if isinstance(answer, WorkersRestart):
            self._restarts[command.pk] = answer
        else:
            self._answer(command.pk, CommandStatus.DONE, **answer)

    def _report(self, command_id: int, restart: WorkersRestart) -> None:
        progress = restart.progress
        if not restart.done():
            self._commands.filter(pk=command_id).update(answer=progress)
            return
        del self._restarts[command_id]
        error = restart.exception()
        if error is None:
            self._answer(command_id, CommandStatus.DONE, **progress, workers=_text_keys(restart.result()))
        else:
            self._answer(command_id, CommandStatus.FAILED, **progress, error=str(error).strip())

    def _answer(self, command_id: int, status: CommandStatus, **answer: Any) -> None:
        self._answers[command_id] = {"status": status, "answer": answer, "answered_at": timezone.now()}
        self._write_answers()

    def _write_answers(self) -> None:
        """Also those that the database did not take a while ago."""
        for command_id in list(self._answers):
            told = self._answers.pop(command_id)
            try:
                self._commands.filter(pk=command_id).update(**told)
            except (OperationalError, InterfaceError):
                self._answers[command_id] = told
                raise


def _text_keys(ids: Mapping[int, int]) -> dict[str, int]:
    return {str(old): new for old, new in ids.items()}
