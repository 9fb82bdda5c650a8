"""The pool's edges: when it becomes ready, busy, full or pressed, and when it no longer is."""

from __future__ import annotations

from poolapp.engine.decisions import Tell
from poolapp.engine.state import PoolState


class Edges:
    """Tells each change once, in turn; "ready" once for each start."""

    def __init__(self, state: PoolState) -> None:
        self._state = state
        self._was_ready = self._was_busy = self._was_full = self._was_pressed = False

    def tell_if_moved(self) -> None:
        """The same as `tell`, quickly, where no worker has come or gone."""
        if self._state.pressure_moved or self._state.is_busy is not self._was_busy:
            self.tell()

    def tell(self) -> None:
        """Compare the pool with what was told last."""
        state, totals = self._state, self._state.totals
        state.pressure_moved = False
        if not self._was_ready and state.is_ready and not state.stopping:
            self._was_ready = True
            state.decisions.append(Tell("ready"))
        if state.is_busy is not self._was_busy:
            self._was_busy = not self._was_busy
            totals.busy += self._was_busy
            self._tell("busy", self._was_busy)
        if state.is_full is not self._was_full:
            self._was_full = not self._was_full
            totals.full += self._was_full
            self._tell("full", self._was_full)
        if state.is_pressed is not self._was_pressed:
            self._was_pressed = not self._was_pressed
            totals.back_pressure += self._was_pressed
            self._tell("back_pressure", self._was_pressed)

    def _tell(self, event: str, has_begun: bool) -> None:
        self._state.decisions.append(Tell(event if has_begun else f"{event}_end"))
