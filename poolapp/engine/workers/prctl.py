"""Two services of the Linux kernel that Python does not offer; elsewhere they do nothing."""

from __future__ import annotations

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15


def die_with_parent(by: signal.Signals = signal.SIGKILL) -> None:
    """Get a signal when the thread that started this process ends."""
    _prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(by))


def set_name(name: str) -> None:
    """Show this name for the process in `top`; at most 15 characters."""
    _prctl(_PR_SET_NAME, ctypes.c_char_p(name.encode()))


def _prctl(option: int, argument: object) -> None:
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(option, argument, 0, 0, 0)
