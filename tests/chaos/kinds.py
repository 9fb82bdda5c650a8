"""The kinds of tasks of a chaos run: how likely each is, how it is made, and what may become of it."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from poolapp.engine import TaskAborted, TaskExited, TaskFunction, TaskTimeout, WorkerLost
from tests.chaos import functions

DEATHS = ("exit", "segfault", "SIGKILL", "SIGABRT")
LARGEST = 3_000_000


@dataclass(frozen=True)
class Call:
    """One call.

    expected: what it returns, or the class of what it raises.
    also: other exceptions with which it may end. That a worker was killed, or the pool destroyed, is allowed to all.
    then: what its caller does about it once it is submitted: "cancel", "abort" or nothing.
    """

    task: TaskFunction
    args: tuple[Any, ...] = ()
    expected: Any = None
    also: tuple[type[BaseException], ...] = ()
    then: str = ""


Maker = Callable[[random.Random, int], Call]


@dataclass(frozen=True)
class Kind:
    """Kinds of tasks; `weight` is how likely it is, `workers` for which workers there are such tasks."""

    name: str
    weight: float
    make: Maker
    workers: tuple[str, ...] = field(default=("process", "thread"))


def _plain(function: Callable[..., Any], name: str, **options: Any) -> TaskFunction:
    return TaskFunction(function, f"chaos.{name}", **options)


def _nothing(rng: random.Random, number: int) -> Call:
    return Call(_plain(functions.nothing, "nothing", priority=rng.choice((-20, 0, 0, 0, 19))), expected=number)


def _burn(rng: random.Random, number: int) -> Call:
    return Call(_plain(functions.burn, "burn"), (rng.expovariate(500),), number)


def _nap(rng: random.Random, number: int) -> Call:
    return Call(_plain(functions.nap, "nap"), (rng.expovariate(50),), number)


def _echo(rng: random.Random, number: int) -> Call:
    data = rng.randbytes(int(LARGEST ** rng.random()))
    return Call(_plain(functions.echo, "echo"), (data, zlib.crc32(data)), (number, data))


def _bound(rng: random.Random, number: int) -> Call:
    """To the slot that every pool has; to others, which may be taken away, now and then."""
    slots = [0] if rng.random() < 0.7 else sorted(rng.sample(range(2), 1))
    return Call(_plain(functions.nothing, "bound", workers=slots), (), number, (TaskAborted,))


def _cancelled(rng: random.Random, number: int) -> Call:
    return Call(_plain(functions.nap, "cancelled"), (rng.expovariate(100),), number, then="cancel")


def _aborted(rng: random.Random, number: int) -> Call:
    return Call(_plain(functions.nap, "aborted"), (rng.expovariate(20),), number, (TaskAborted,), then="abort")


def _timed_out(rng: random.Random, number: int) -> Call:
    return Call(_plain(functions.run_for_ever, "timed out", timeout=rng.uniform(0.01, 0.2)), expected=TaskTimeout)


def _looks(rng: random.Random, number: int) -> Call:
    return Call(_plain(functions.look_for_ever, "looks", timeout=rng.uniform(0.01, 0.2)), expected=TaskTimeout)


def _dies(rng: random.Random, number: int) -> Call:
    return Call(_plain(functions.die, "dies"), (rng.choice(DEATHS),), WorkerLost)


def _dies_at_first(rng: random.Random, number: int) -> Call:
    return Call(_plain(functions.die_at_first, "dies at first", retry_lost=True), (rng.choice(DEATHS),), number)


def _made_of(function: Callable[..., Any], name: str, expected: type[BaseException] | None = None) -> Maker:
    return lambda rng, number: Call(_plain(function, name), (), number if expected is None else expected)


PROCESS = ("process",)
KINDS = (
    Kind("nothing", 40, _nothing),
    Kind("burn", 10, _burn),
    Kind("nap", 10, _nap),
    Kind("echo", 8, _echo),
    Kind("bound", 4, _bound),
    Kind("cancelled", 4, _cancelled),
    Kind("aborted", 1, _aborted),
    Kind("refuse", 4, _made_of(functions.refuse, "refuse", functions.Refused)),
    Kind("exits", 1, _made_of(functions.leave_politely, "exits", TaskExited)),
    Kind("pause", 4, lambda rng, n: Call(_plain(functions.pause, "pause"), (rng.expovariate(50),), n)),
    Kind("tell", 2, _made_of(functions.tell, "tell")),
    Kind("child", 0.2, _made_of(functions.have_a_child, "child"), PROCESS),
    Kind("timed out", 0.4, _timed_out, PROCESS),
    Kind("looks", 0.4, _looks),
    Kind("dies", 0.3, _dies, PROCESS),
    Kind("dies at first", 0.3, _dies_at_first, PROCESS),
)


def choose(rng: random.Random, worker: str) -> Kind:
    kinds = [kind for kind in KINDS if worker in kind.workers]
    return rng.choices(kinds, [kind.weight for kind in kinds])[0]
