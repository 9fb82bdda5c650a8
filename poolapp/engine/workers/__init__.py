"""Kinds of workers, by the names that PoolOptions.worker takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolapp.engine.errors import InvalidOption, InvalidOptionType

if TYPE_CHECKING:
    from poolapp.engine.workers.base import Crew

KINDS = {
    "inline": "poolapp.engine.workers.inline:InlineCrew",
    "thread": "poolapp.engine.workers.thread:ThreadCrew",
    "process": "poolapp.engine.workers.process:ProcessCrew",
}


def crew_class(worker: str | type[Any]) -> type[Crew]:
    """The class behind PoolOptions.worker; imported only now, since most sites use one kind."""
    from poolapp.engine.workers.running import load

    if isinstance(worker, str):
        if worker not in KINDS:
            raise InvalidOption(f"worker must be one of {', '.join(KINDS)} or a Crew class, not {worker!r}")
        found: type[Crew] = load(KINDS[worker])
        return found
    if not isinstance(worker, type):
        raise InvalidOptionType(f"worker must be a name or a class, not {worker!r}")
    return worker
