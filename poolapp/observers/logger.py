"""Writes what happens to pools to the log; what happens to single tasks only where that is asked for."""

from __future__ import annotations

import logging

from poolapp.engine.events import PRIVATE, VALUES, Event

logger = logging.getLogger("poolapp.events")

LEVELS = {"error": logging.ERROR, "task_error": logging.WARNING, "destroy": logging.INFO, "ready": logging.INFO}


class EventLogger:
    """One line for every event: INFO and above where somebody should know, DEBUG for the rest.

    Formatters that write JSON find `pool`, `event` and `details` in the record, without the values of tasks.
    """

    returns_at_once = False  # a handler may write to a slow disk

    def wants(self, event: str) -> bool:
        return logger.isEnabledFor(_level(event))

    def handle(self, alias: str, event: Event) -> None:
        level = _level(event.name)
        if logger.isEnabledFor(level):
            details = {key: value for key, value in event.details.items() if key not in VALUES}
            shown = " ".join(f"{key}={value!r}" for key, value in details.items() if key not in PRIVATE)
            fields = {"pool": alias, "event": event.name, "details": details}
            logger.log(level, "pool %s: %s %s", alias, event.name, shown, extra=fields)


def _level(event: str) -> int:
    return LEVELS.get(event, logging.DEBUG)
