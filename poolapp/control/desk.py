"""Where the process that owns a pool finds requests, carries them out, and leaves the answers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from poolapp.control.verbs import carry_out
from poolapp.engine.errors import PoolError
from poolapp.engine.pool import Pool
from poolapp.engine.restarting import WorkersRestart
from poolapp.models import CommandStatus, PoolCommand

logger = logging.getLogger("poolapp")


class CommandDesk:
    """Serves the requests to the pools of this process; called again and again by one thread."""

    def __init__(self, database: str) -> None:
        self._commands = PoolCommand.objects.using(database)
        self._restarts: dict[int, WorkersRestart] = {}  # in progress, by the id of their command

    def serve(self, pools: Mapping[int, Pool]) -> None:
        """Begin what was asked of these pools (by the id of their PoolInstance), and report on what was begun."""
        pending = self._commands.filter(instance__in=list(pools), status=CommandStatus.PENDING)
        for command in pending.order_by("requested_at"):
            self._begin(command, pools[command.instance_id])
        for command_id, restart in list(self._restarts.items()):
            self._report(command_id, restart)

    def _begin(self, command: PoolCommand, pool: Pool) -> None:
        if command.expires_at < timezone.now():
            self._answer(command.pk, CommandStatus.EXPIRED, error="nobody took it in time")
            return
        unclaimed = self._commands.filter(pk=command.pk, status=CommandStatus.PENDING)
        if not unclaimed.update(status=CommandStatus.RUNNING):
            return  # withdrawn in the meantime
        try:
            answer = carry_out(command.verb, pool, command.arguments)
        except (PoolError, ValueError, TypeError) as exc:
            self._answer(command.pk, CommandStatus.FAILED, error=str(exc))
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
        self._commands.filter(pk=command_id).update(status=status, answer=answer, answered_at=timezone.now())


def _text_keys(ids: Mapping[int, int]) -> dict[str, int]:
    return {str(old): new for old, new in ids.items()}
