"""Waiting for facts of the world outside, which nobody announces."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def eventually(ask: Callable[[], T], within: float = 10.0) -> T:
    """The first true answer."""
    deadline = time.monotonic() + within
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"not within {within} seconds"
        time.sleep(0.005)
    return answer


def is_alive(pid: int) -> bool:
    """Whether a process exists and has not ended."""
    return process_state(pid) not in (None, "Z", "X")


def is_stopped(pid: int) -> bool:
    """Whether a process is held by SIGSTOP."""
    return process_state(pid) == "T"


def process_state(pid: int) -> str | None:
    """The letter that the system shows for it, such as R, S and Z; None for no process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None


def children(pid: int) -> list[int]:
    """The processes that a process has started and not buried yet."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, path.read_text().split())
    return found


def nursery_pids() -> list[int]:
    """The nurseries of the process pools that run here."""
    found = []
    for pid in children(os.getpid()):
        with suppress(OSError):
            if b"boot.py\0nursery" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found
