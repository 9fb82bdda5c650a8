"""What a process uses, read from /proc."""

from __future__ import annotations

import os
from pathlib import Path


def resident_set(pid: int) -> int | None:
    """The bytes of a process's resident set, what it shares with others included; None where nobody knows."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):  # it is gone, or there is no /proc here
        return None


def cpu_time(pid: int) -> float | None:
    """The seconds of CPU that a process has used so far; None where nobody knows."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError):
        return None
