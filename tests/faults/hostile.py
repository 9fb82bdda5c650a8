"""Objects that misbehave while they are pickled or unpickled, in the server or in a worker."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from typing import Any, NoReturn


class Rebelled(Exception):
    """What is raised by what raises."""


def rebel() -> NoReturn:
    raise Rebelled("not with me")


def leave() -> NoReturn:
    os._exit(7)


def crash() -> NoReturn:
    ctypes.string_at(0)
    raise AssertionError("still here")


def exit_politely() -> NoReturn:
    raise SystemExit("good bye")


DEEDS: dict[str, Callable[[], NoReturn]] = {
    "raise": rebel,
    "exit": leave,
    "crash": crash,
    "SystemExit": exit_politely,
}


def _unpickled(deed: str) -> Any:
    DEEDS[deed]()


class MisbehavesWhenPickled:
    """Does its deed as it is pickled."""

    def __init__(self, deed: str) -> None:
        self.deed = deed

    def __reduce__(self) -> NoReturn:
        DEEDS[self.deed]()


class MisbehavesWhenUnpickled:
    """Does its deed as it is unpickled."""

    def __init__(self, deed: str) -> None:
        self.deed = deed

    def __reduce__(self) -> tuple[Callable[[str], Any], tuple[str]]:
        return _unpickled, (self.deed,)


def take(_: Any) -> str:
    """A task that has something to unpickle."""
    return "taken"


def misbehave(deed: str) -> NoReturn:
    DEEDS[deed]()


def give_what_misbehaves_when_pickled(deed: str) -> MisbehavesWhenPickled:
    return MisbehavesWhenPickled(deed)


def give_what_misbehaves_when_unpickled(deed: str) -> MisbehavesWhenUnpickled:
    return MisbehavesWhenUnpickled(deed)
