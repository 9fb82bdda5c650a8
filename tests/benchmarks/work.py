"""What the peers are given to do. Importable by every process without Django."""

from __future__ import annotations

import time
from typing import TypeVar

T = TypeVar("T")


def same(value: T) -> T:
    """Return what was given, so that a result shows that the right task was run."""
    return value


def burn(number: int, seconds: float) -> int:
    """Use the CPU for so long, by the clock that counts only what this thread has of it."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
    return number


def sleep(number: int, seconds: float) -> tuple[int, float]:
    """Sleep, and tell for how long it really was."""
    began = time.perf_counter()
    time.sleep(seconds)
    return number, time.perf_counter() - began
