"""Who watches the pools of this process."""

from __future__ import annotations

from functools import partial

from poolapp.engine.events import EVENTS
from poolapp.engine.pool import Pool
from poolapp.observers.base import Observer


def attach(alias: str, pool: Pool, *observers: Observer) -> None:
    """Let observers hear every event of a pool, as that of `alias`."""
    for event in EVENTS:
        for observer in observers:
            pool.on(event, partial(observer.handle, alias))
