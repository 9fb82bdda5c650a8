"""How a pool's run ends: nothing more is taken, what was given is finished, then everybody goes home."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections import Counter
from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING

from poolapp.engine.decisions import Tell
from poolapp.engine.outcomes import WorkerExit

if TYPE_CHECKING:
    from poolapp.engine.core import Core

logger = logging.getLogger("poolapp")

MOST_NAMES = 5  # so many kinds of tasks are named when they are abandoned


class Ending:
    """The end of one run. Anybody may ask for it, several threads at once; one carries it out, the others wait.

    A listener cannot wait, since its thread has news to pass on without which there is no end: then a thread of its own
    carries it out. When the one who does it is interrupted, by Ctrl-C for instance, it only waits for less.

    last_seconds: how long workers have to go once they were told to; who has not gone then is given up.
    """

    def __init__(self, core: Core, last_seconds: float) -> None:
        self._core = core
        self._ticker, self._crew = core.ticker, core.crew
        self._last_seconds = last_seconds
        self._deadline = math.inf  # of the tasks, a reading of the monotonic clock
        self._is_attended = False  # whether a thread is at it
        self._is_over = False

    def ask(self, patience: float | None) -> None:
        """End the run, with `patience` seconds for what was given (None: however long); returns when it has ended.

        For a listener it returns at once. Does nothing when the run is not the pool's, or has ended. Who asks with less
        patience than others decides for all.
        """
        core = self._core
        with core.lock:
            if core.ending is not self or core.state not in ("running", "stopping"):
                return
            core.state = "stopping"
            if patience is not None:
                self._deadline = min(self._deadline, time.monotonic() + patience)
            core.changed.notify_all()
            is_listener = core.is_told_by_this_thread()
            if self._is_attended:
                if not is_listener:
                    core.changed.wait_for(lambda: self._is_over)
                return
            self._is_attended = True
        if is_listener:
            threading.Thread(target=self._carry_out, name=f"poolapp-{core.name}-ending", daemon=True).start()
        else:
            self._carry_out()

    def _carry_out(self) -> None:
        core = self._core
        with ExitStack() as steps:  # from the last to the first, each also when the one before was interrupted
            steps.callback(self._tell)
            steps.callback(self._note)
            steps.callback(self._crew.close)
            steps.callback(self._ticker.stop)
            steps.callback(core.settle_down, self._last_seconds)
            steps.callback(self._give_up_the_rest)
            steps.callback(core.wait_for, lambda: not self._core.scheduler.state.roster.nodes, self._last_seconds)
            steps.callback(lambda: core.tell(core.scheduler.stop))
            steps.callback(self._wait_for_tasks)
            core.tell(core.scheduler.resume)  # what waits in a paused pool is to finish as well

    def _wait_for_tasks(self) -> None:
        while not self._core.scheduler.state.is_idle and (left := self._deadline - time.monotonic()) > 0:
            self._core.wait_for(partial(self._need_not_wait_until, self._deadline), left)
        self._say_what_is_abandoned()

    def _say_what_is_abandoned(self) -> None:
        core = self._core
        with core.lock:
            running = [batch.front.name for node in core.scheduler.state.roster for batch in node.running()]
            queued = core.scheduler.state.queued
        if running or queued:
            names = ", ".join(f"{name} ({count})" for name, count in Counter(running).most_common(MOST_NAMES))
            logger.warning(
                "Pool %s ends with %d running tasks (%s) and %d that wait; they fail with PoolDestroyed",
                *(core.name, len(running), names or "none", queued),
            )

    def _need_not_wait_until(self, deadline: float) -> bool:
        """Whether all is done, or somebody with less patience has come."""
        return self._core.scheduler.state.is_idle or self._deadline < deadline

    def _give_up_the_rest(self) -> None:
        for node in list(self._core.scheduler.state.roster):
            self._core.exited(node, WorkerExit("it did not end and was given up"))

    def _note(self) -> None:
        core = self._core
        with core.lock:
            core.state = "destroyed"
            core.started_at = None
            self._is_over = True
            core.changed.notify_all()

    def _tell(self) -> None:
        self._core.herald.put(Tell("destroy"))
        self._core.herald.drain()
        self._core.herald.hear_out(self._last_seconds)


def end_when_forgotten(core: Core) -> None:
    """End the run of a pool that nobody refers to any more, after its tasks; it does not wait for that.

    Called as the pool is collected, in the middle of anything.
    """
    if core.state == "running" and core.pid == os.getpid():
        ending = threading.Thread(target=core.ending.ask, args=(None,), name=f"poolapp-{core.name}-ending", daemon=True)
        with suppress(RuntimeError):  # at the end of the interpreter, when everything ends
            ending.start()
