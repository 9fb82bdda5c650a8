"""What must not be left behind: processes, threads, descriptors, memory."""

from __future__ import annotations

import ctypes
import gc
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from poolapp.engine.workers.memory import resident_set
from tests.chaos.subjects import MARK

# What a process may grow by, in bytes, over a run: arenas of the allocator that are not full, and caches.
SLACK = 64_000_000


@dataclass(frozen=True)
class Belongings:
    """What this process has."""

    processes: frozenset[int]
    threads: frozenset[str]
    descriptors: Counter[str]
    memory: int

    @classmethod
    def now(cls) -> Belongings:
        gc.collect()
        _give_back_memory()
        threads = frozenset(thread.name for thread in threading.enumerate())
        return cls(frozenset(descendants()), threads, descriptors(), resident_set(os.getpid()) or 0)

    def leaks_since(self, before: Belongings) -> list[str]:
        """What is here now and was not before."""
        leaks = []
        if more := self.processes - before.processes:
            leaks.append(f"processes: {[_command(pid) for pid in more]}")
        if names := self.threads - before.threads:
            leaks.append(f"threads: {sorted(names)}")
        if links := self.descriptors - before.descriptors:
            leaks.append(f"descriptors: {dict(links)}")
        if self.memory > before.memory + SLACK:
            leaks.append(f"memory: {before.memory / 1e6:.0f} MB have become {self.memory / 1e6:.0f} MB")
        return leaks


def leaks_since(before: Belongings, patience: float = 20.0) -> list[str]:
    """What is left when there was time to clear up."""
    deadline = time.monotonic() + patience
    while (leaks := Belongings.now().leaks_since(before)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return leaks


def descendants() -> set[int]:
    """Our processes and theirs: children of children, and who was started in a session of ours."""
    parents = {int(path.name): _stat(path) for path in Path("/proc").glob("[0-9]*")}
    ours, found = {os.getpid()}, set()
    while fresh := {pid for pid, stat in parents.items() if stat and int(stat[1]) in ours and pid not in found}:
        found |= fresh
        ours |= fresh
    found |= {pid for pid in parents if _is_marked(pid)}
    return {pid for pid in found if (stat := parents[pid]) and stat[0] not in "ZX"}


def descriptors() -> Counter[str]:
    links: Counter[str] = Counter()
    for path in Path("/proc/self/fd").iterdir():
        try:
            name = path.readlink().name.partition(":")[0]
            # SQLite keeps some open for later use, and a thread that was given up may still begin a task.
            if ".sqlite3" not in name and name != "ledger":
                links[name] += 1
        except OSError:  # the one with which we look
            continue
    return links


def _is_marked(pid: int) -> bool:
    """Whether a process has come from a worker of this run, though its parent may be gone."""
    try:
        return f"{MARK}={os.getpid()}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _stat(path: Path) -> list[str]:
    """State, parent, and so on."""
    try:
        return (path / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _command(pid: int) -> str:
    try:
        return f"{pid} " + Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        return str(pid)


def _give_back_memory() -> None:
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
