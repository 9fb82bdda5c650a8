"""How a pool's run ends: nothing more is taken, what was given is finished, then everybody goes home."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

from poolapp.engine.decisions import Tell
from poolapp.engine.outcomes import WorkerExit

if TYPE_CHECKING:
    from poolapp.engine.core import Core


class Ending:
    """The end of one run. Anybody may ask for it, several threads at once; one carries it out, the others wait.

    When that one is interrupted, by Ctrl-C for instance, it stops waiting for tasks. When it is interrupted even after
    that, the end stays half done, and the next who asks for it completes it.

    last_seconds: how long workers have to go once they were told to; who has not gone then is given up.
    """

    def __init__(self, core: Core, last_seconds: float) -> None:
        self._core = core
        self._last_seconds = last_seconds
        self._deadline = math.inf  # of the tasks, a reading of the monotonic clock
        self._is_attended = False  # whether a thread is at it

    def ask(self, patience: float | None) -> None:
        """End the run, with `patience` seconds for what was given (None: however long); returns when it has ended.

        Does nothing when the pool does not run. Who asks with less patience than others decides for all.
        """
        core = self._core
        with core.lock:
            if core.state not in ("running", "stopping"):
                return
            core.state = "stopping"
            if patience is not None:
                self._deadline = min(self._deadline, time.monotonic() + patience)
            core.changed.notify_all()
        core.tell(core.scheduler.resume)  # what waits in a paused pool is to finish as well
        with core.lock:
            core.changed.wait_for(lambda: self._is_over() or not self._is_attended)
            if self._is_over():
                return
            self._is_attended = True
        try:
            self._carry_out()
        finally:
            with core.lock:
                self._is_attended = False
                core.changed.notify_all()

    def _is_over(self) -> bool:
        return self._core.state != "stopping"

    def _carry_out(self) -> None:
        core = self._core
        ticker, crew = core.ticker, core.crew  # once the run has ended, another may begin
        try:
            self._wait_for_tasks()
        finally:
            core.tell(core.scheduler.stop)
            self._wait_for_workers()
            try:
                ticker.stop()
            finally:
                crew.close()
            core.herald.put(Tell("destroy"))
            core.herald.drain()

    def _wait_for_tasks(self) -> None:
        core = self._core
        with core.lock:
            while not core.scheduler.state.is_idle and (left := self._deadline - time.monotonic()) > 0:
                core.changed.wait(min(left, threading.TIMEOUT_MAX))

    def _wait_for_workers(self) -> None:
        """Wait for every worker to be gone, and for the last news to be passed on; who is not gone then is given up."""
        core, roster = self._core, self._core.scheduler.state.roster
        core.wait_for(lambda: not roster.nodes, self._last_seconds)
        for node in list(roster):
            core.exited(node, WorkerExit("it did not end and was given up"))
        core.settle_down(self._last_seconds)
        with core.lock:
            core.state = "destroyed"
            core.started_at = None
