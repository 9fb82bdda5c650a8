"""The pool's edges: when it becomes ready, busy, full or pressed, and when it no longer is."""

from __future__ import annotations

from poolapp.engine.decisions import Tell
from poolapp.engine.state import PoolState


class Edges:
    """Tells each change once, in turn; "ready" once for each start."""

    def __init__(self, state: PoolState) -> None:
        self._state = state
        self._was_ready = self._was_full = self._was_pressed = self._was_degraded = False

    def succeed(self, other: Edges) -> None:
        """Go on from what another one has told."""
        self._was_ready, self._state.was_busy = other._was_ready, other._state.was_busy
        self._was_full, self._was_pressed = other._was_full, other._was_pressed

    def tell(self) -> None:
        """Compare the pool with what was told last."""
        state, totals = self._state, self._state.totals
        state.pressure_moved = False
        if not self._was_ready and state.is_ready and not state.stopping:
            self._was_ready = True
            state.decisions.append(Tell("ready"))
        if state.is_busy is not state.was_busy:
            state.was_busy = not state.was_busy
            totals.busy += state.was_busy
            self._tell("busy", state.was_busy)
        if state.is_full is not self._was_full:
            self._was_full = not self._was_full
            totals.full += self._was_full
            self._tell("full", self._was_full)
        if state.is_pressed is not self._was_pressed:
            self._was_pressed = not self._was_pressed
            totals.back_pressure += self._was_pressed
            self._tell("back_pressure", self._was_pressed)
        if state.is_degraded is not self._was_degraded:
            self._was_degraded = not self._was_degraded
            if self._was_degraded:
                state.decisions.append(Tell("error", {"error": f"the pool is degraded: {state.trouble}"}))

    def _tell(self, event: str, has_begun: bool) -> None:
        self._state.decisions.append(Tell(event if has_begun else f"{event}_end"))
