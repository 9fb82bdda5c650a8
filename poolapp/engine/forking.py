"""What a fork makes of pools: a child has copies of them, without their threads, and their workers are the parent's."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Forkable(Protocol):
    """What is to know that it is a copy."""

    def disown(self) -> None:
        """We are in a forked child: let go of locks, which threads may hold that are not here, and refuse to work."""


_watched: weakref.WeakSet[Forkable] = weakref.WeakSet()


def watch(forkable: Forkable) -> None:
    """Tell something after every fork, in the child, for as long as it lives."""
    _watched.add(forkable)


def _tell() -> None:
    for forkable in list(_watched):
        forkable.disown()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_tell)
