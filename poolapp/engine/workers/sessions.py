"""The end of a session: a worker, which leads one, and all that its tasks have started and left in there."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path


def end_session(leader: int) -> None:
    """Kill the processes of a session, those in process groups of their own too where /proc lists processes.

    leader: the id of the process that has made it.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    killed: set[int] = set()
    while found := _members(leader) - killed:  # a process that is not dead yet may have started another meanwhile
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        killed |= found


def _members(leader: int) -> set[int]:
    """The processes of a session, as far as they can be found."""
    found = set()
    with contextlib.suppress(OSError):
        for path in Path("/proc").iterdir():
            with contextlib.suppress(ValueError, OSError):  # no process, or one that has ended
                if os.getsid(pid := int(path.name)) == leader:
                    found.add(pid)
    return found
