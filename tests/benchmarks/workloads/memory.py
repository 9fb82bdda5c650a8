"""How much memory a family of processes uses, read from /proc."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

KIB = 1024
OWN = ("Pss_Anon:", "Pss_File:")


def descendants(pid: int) -> Iterator[int]:
    """The children of a process, their children, and so on."""
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, children.read_text().split()):
                yield child
                yield from descendants(child)


def in_use(pids: Iterable[int]) -> int:
    """Bytes of these processes: their fair share of what is theirs, and all shared memory of the system.

    Shared memory is counted as a whole because what no process has mapped belongs to none.
    """
    return sum(fields(f"/proc/{pid}/smaps_rollup", *OWN) for pid in pids) + fields("/proc/meminfo", "Shmem:")


def fields(file: str, *names: str) -> int:
    """Bytes that these lines of a file come to; 0 when the process is gone."""
    with suppress(OSError):
        lines = (line.split() for line in Path(file).read_text().splitlines())
        return sum(int(line[1]) for line in lines if line[0] in names) * KIB
    return 0
