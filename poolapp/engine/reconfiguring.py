"""What can be changed about a pool while it runs."""

from __future__ import annotations

from collections.abc import Iterator

from poolapp.engine.decisions import TakeBack
from poolapp.engine.dispatcher import Dispatcher
from poolapp.engine.options import PoolOptions
from poolapp.engine.queues import TaskQueue
from poolapp.engine.staff import Staff
from poolapp.engine.state import PoolState
from poolapp.engine.statistics import Usage


class Reconfigurer:
    """Changes a pool's options, and lets its tasks and workers go by them; options have been checked already."""

    def __init__(self, state: PoolState, dispatcher: Dispatcher, staff: Staff) -> None:
        self._state = state
        self._dispatcher = dispatcher
        self._staff = staff

    def pause(self) -> None:
        """Let no more tasks begin; what was given to workers ahead is taken back."""
        self._state.paused = True
        self._state.decisions += [TakeBack(node) for node in self._state.roster if node.committed]

    def resume(self, now: float) -> None:
        """Take tasks and let them begin again."""
        self._state.paused = False
        self._state.drain(False)
        self._place_anew(now)

    def drain(self, now: float) -> None:
        """Take no more tasks; let those that there are begin, even if the pool was paused."""
        self.resume(now)
        self._state.drain()

    def resize(self, options: PoolOptions, now: float) -> None:
        """Have fewer or more workers; tasks that are bound to slots that are no more fail."""
        self._state.use(options)
        self._dispatcher.use_options()
        self._staff.resize(now)
        for queue in self._queues():
            self._dispatcher.rehome(queue.take_where(self._state.has_no_slot_of), now)
        self._place_anew(now)

    def set_strategy(self, options: PoolOptions) -> None:
        """Choose workers in another way; it begins without a past, as if no task had been executed."""
        self._state.use(options)
        self._dispatcher.use_options()
        for node in self._state.roster:
            node.usage = Usage()
        for usage in self._state.names.values():
            usage.reset()

    def set_queue_options(self, options: PoolOptions, now: float) -> None:
        """Let tasks wait in another way; with a higher concurrency those that wait begin sooner."""
        self._state.use(options)
        self._dispatcher.use_queue_options()
        for node in self._state.roster.eligible:
            self._staff.adapt(node)
        self._state.recount()
        self._place_anew(now)

    def _place_anew(self, now: float) -> None:
        """Let everybody who can take something take it."""
        if self._state.paused:
            return
        self._dispatcher.rehome(self._state.backlog.clear(), now)
        for node in self._state.roster.eligible:
            self._dispatcher.feed(node, now)
        self._dispatcher.employ_idle(now)
        self._staff.review(now)

    def _queues(self) -> Iterator[TaskQueue]:
        yield self._state.backlog
        yield from (node.queue for node in self._state.roster)
