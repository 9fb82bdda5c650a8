"""Tasks that change their process, or tell how it was changed."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path


def whereabouts() -> str:
    return str(Path.cwd())


def go_to(path: str) -> str:
    os.chdir(path)
    return whereabouts()


def ignore_interrupts() -> str:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return "ignored"


def set_variable(name: str, value: str) -> None:
    os.environ[name] = value


def masked_signals() -> list[int]:
    return sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ()))


def flood(megabytes: int) -> int:
    for _ in range(megabytes):
        sys.stdout.write("x" * 1_000_000)
    sys.stdout.flush()
    return megabytes
