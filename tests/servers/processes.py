"""Processes as the kernel knows them, read from /proc."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A process: its id, the id of its parent, and the name that it gave itself."""

    pid: int
    parent: int
    name: str


def processes() -> list[Process]:
    """All processes that have not ended."""
    return [process for entry in PROC.iterdir() if entry.name.isdigit() and (process := _read(entry))]


def descendants(pid: int) -> list[Process]:
    """The children of a process, their children, and so on."""
    everybody = processes()

    def below(parent: int) -> Iterator[Process]:
        for process in everybody:
            if process.parent == parent:
                yield process
                yield from below(process.pid)

    return list(below(pid))


def pool_processes(pid: int) -> Counter[str]:
    """How many processes of pools there are below a process, by name."""
    return Counter(process.name for process in descendants(pid) if process.name.startswith("poolapp"))


def _read(entry: Path) -> Process | None:
    with suppress(OSError):
        before, _, after = (entry / "stat").read_text().rpartition(")")
        pid, _, name = before.partition(" (")
        state, parent = after.split()[:2]
        if state != "Z":
            return Process(int(pid), int(parent), name)
    return None
