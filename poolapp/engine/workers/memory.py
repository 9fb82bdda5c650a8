"""How much memory a process has."""

from __future__ import annotations

import os
from pathlib import Path


def resident_set(pid: int) -> int | None:
    """The bytes of a process's resident set, what it shares with others included; None where nobody knows."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):  # it is gone, or there is no /proc here
        return None
