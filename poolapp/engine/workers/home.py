"""What a worker process puts right after every task: its working directory, and the signal handlers that it needs.

A task may change anything about its process; these two would harm the next one most, and looking after them costs a
fifth of a microsecond. What else a task changes stays: environment, locale, umask, random seeds.
"""

from __future__ import annotations

import contextlib
import os
import signal

# signal.getsignal turns what it finds into an enum, which takes a hundred times as long.
from _signal import getsignal  # type: ignore[import-not-found]
from collections.abc import Iterable
from typing import Any

from poolapp.engine.workers.descriptors import move_up


class Home:
    """The state in which tasks find the process; made, and gone back to, by the main thread.

    signals: those whose handlers, as they are now, are to stay.
    """

    def __init__(self, signals: Iterable[signal.Signals]) -> None:
        self._handlers: list[tuple[int, Any]] = [(int(number), getsignal(number)) for number in signals]
        self._fd: int | None = None
        with contextlib.suppress(OSError):  # the directory was removed, or may not be read
            self._fd = move_up(os.open(".", os.O_RDONLY | os.O_DIRECTORY))

    def go_back(self) -> None:
        """Put right what a task has left changed."""
        if self._fd is not None:
            with contextlib.suppress(OSError):  # a task has closed what was not its own
                os.fchdir(self._fd)
        for number, handler in self._handlers:
            if getsignal(number) is not handler:
                signal.signal(number, handler)
