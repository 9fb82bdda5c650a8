"""Asking about the world outside until it is as it should be."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")
SECONDS_BETWEEN_LOOKS = 0.01


def eventually(ask: Callable[[], T], within: float = 10.0) -> T:
    """The first true answer; the test fails when there is none within so many seconds."""
    deadline = time.monotonic() + within
    while not (answer := ask()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {within:g} s, at last: {answer!r}")
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return answer


def lives(pid: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
