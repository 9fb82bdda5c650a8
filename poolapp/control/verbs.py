"""What can be asked of a pool, with which arguments, and what is answered.

The names come from the database and from browsers, so they are looked up here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from poolapp.control import about_tasks
from poolapp.engine.errors import InvalidOption, TaskNotFound
from poolapp.engine.pool import Pool
from poolapp.engine.restarting import WorkersRestart
from poolapp.engine.validation import did_you_mean, require_between
from poolapp.models import PoolCommand

MOST_WORKERS = 1000
"""No request makes a pool larger than this, whoever asks."""

Arguments = Mapping[str, Any]
Answer = dict[str, Any] | WorkersRestart
"""What is answered at once, or what takes its time."""


@dataclass(frozen=True, slots=True)
class Deed:
    """How a verb is carried out.

    takes: the names of its arguments.
    permission: what a user needs to ask for it.
    """

    do: Callable[[Pool, Arguments], Answer]
    takes: tuple[str, ...] = ()
    permission: str = "poolapp.control_pool"


def carry_out(verb: str, pool: Pool, arguments: Arguments) -> Answer:
    """Do to a pool what was asked for; raises PoolError, ValueError or TypeError where that cannot be."""
    deed = deed_of(verb)
    return deed.do(pool, {name: value for name, value in arguments.items() if value is not None})


def check(verb: str, arguments: Arguments) -> None:
    """Raise InvalidOption for arguments that the verb does not take, and for texts and ids that no pool could use.

    What sizes and strategies there may be is known to the pool.
    """
    takes = deed_of(verb).takes
    for name in arguments:
        if name not in takes:
            known = ", ".join(takes) or "nothing"
            raise InvalidOption(f"{verb} takes {known}, not {name!r}{did_you_mean(name, takes)}")
    if any(isinstance(value, str) and "\0" in value for value in arguments.values()):
        raise InvalidOption("no argument has a NUL character in it")
    if "task_ids" in arguments:
        most = about_tasks.MOST_REPEATED if verb == Verb.REPEAT else about_tasks.MOST_CANCELLED
        about_tasks.require_ids(arguments["task_ids"], most)


def deed_of(verb: str) -> Deed:
    """How a verb is carried out; raises ValueError when there is no such verb."""
    if verb not in _DEEDS:
        raise ValueError(f"unknown verb {verb!r}, there are {', '.join(_DEEDS)}")
    return _DEEDS[verb]


def _restart(pool: Pool, arguments: Arguments) -> Answer:
    return pool.restart_workers(arguments.get("workers") or None, mode=arguments.get("mode", "rolling"))


def _pause(pool: Pool, arguments: Arguments) -> Answer:
    pool.pause()
    return {}


def _resume(pool: Pool, arguments: Arguments) -> Answer:
    pool.resume()
    return {}


def _drain(pool: Pool, arguments: Arguments) -> Answer:
    pool.drain()
    return {}


def _resize(pool: Pool, arguments: Arguments) -> Answer:
    for name, value in arguments.items():
        require_between(name, value, 0, MOST_WORKERS)
    before = pool.options
    smallest = arguments.get("min_size", min(before.min_size, arguments.get("max_size", before.limit)))
    pool.resize(smallest, arguments.get("max_size", max(smallest, before.limit)))
    return {"min_size": pool.options.min_size, "max_size": pool.options.limit}


def _set_strategy(pool: Pool, arguments: Arguments) -> Answer:
    pool.set_strategy(arguments.get("strategy", ""))
    return {"strategy": pool.options.strategy}


def _cancel(pool: Pool, arguments: Arguments) -> Answer:
    """Where it waits it never begins, where it runs it is asked to end; many are counted."""
    reason = arguments.get("reason") or "cancelled on request"
    if "task_ids" in arguments:
        return about_tasks.cancel(pool, arguments["task_ids"], reason)
    task_id = str(arguments.get("task_id", ""))
    future = pool.find(task_id)
    if future is None:
        raise TaskNotFound(f"no task {task_id} waits or runs in this pool")
    became = about_tasks.end(future, reason)
    if became == about_tasks.OVER:
        raise InvalidOption(f"task {task_id} is over")
    return {"task": became}


def _repeat(pool: Pool, arguments: Arguments) -> Answer:
    return about_tasks.repeat(pool, arguments.get("task_ids"))


Verb = PoolCommand.Verb
_DEEDS: dict[str, Deed] = {
    Verb.RESTART: Deed(_restart, ("workers", "mode")),
    Verb.PAUSE: Deed(_pause),
    Verb.RESUME: Deed(_resume),
    Verb.DRAIN: Deed(_drain),
    Verb.RESIZE: Deed(_resize, ("min_size", "max_size")),
    Verb.STRATEGY: Deed(_set_strategy, ("strategy",)),
    Verb.CANCEL: Deed(_cancel, ("task_id", "task_ids", "reason"), permission="poolapp.cancel_task"),
    Verb.REPEAT: Deed(_repeat, ("task_ids",), permission="poolapp.repeat_task"),
}
