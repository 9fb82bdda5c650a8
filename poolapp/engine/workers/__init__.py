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
    from poolapp.engine.tasks import load

    check_worker(worker)
    if not isinstance(worker, str):
        return worker
    try:
        found: type[Crew] = load(KINDS.get(worker) or ":".join(worker.rsplit(".", 1)))
    except (ImportError, AttributeError) as exc:
        raise InvalidOption(f"worker {worker!r} cannot be imported: {exc}") from exc
    return found


def check_worker(worker: object) -> None:
    """Raise InvalidOption or InvalidOptionType for what cannot be PoolOptions.worker."""
    if isinstance(worker, str):
        if worker not in KINDS and "." not in worker:
            names = ", ".join(KINDS)
            raise InvalidOption(f"worker must be one of {names} or the dotted path of a Crew class, not {worker!r}")
    elif not isinstance(worker, type):
        raise InvalidOptionType(f"worker must be a name or a class, not {worker!r}")
