"""A Future that costs little as long as nobody waits for it before it is settled."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from concurrent.futures._base import FINISHED, PENDING
from typing import Any

_SETTLED = threading.Condition()
"""In place of a condition: the future was settled before anybody asked for one. Nobody ever waits here."""


class LightFuture(Future[Any]):
    """A standard Future whose condition and lists are made when somebody needs them, which mostly nobody does.

    `_condition` is set exactly once: by the first who wants to wait or to be called back, or by who settles. That one
    step of the dictionary decides who was first; when it was who settles, it is the settling as well.
    """

    _result: Any = None
    _exception: BaseException | None = None

    def __init__(self) -> None:
        """Unlike Future's, which makes five objects."""

    def __getattr__(self, name: str) -> Any:
        """Make what is missing, in one step even if two threads need it."""
        if name == "_condition":
            return self.__dict__.setdefault(name, threading.Condition())
        if name in ("_waiters", "_done_callbacks"):
            return self.__dict__.setdefault(name, [])
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def _state(self) -> str:
        own = self.__dict__
        if own.get("_condition") is _SETTLED:
            return FINISHED
        state: str = own.get("_slow_state", PENDING)
        return state

    @_state.setter
    def _state(self, state: str) -> None:
        self.__dict__["_slow_state"] = state

    def result(self, timeout: float | None = None) -> Any:
        if self.__dict__.get("_condition") is _SETTLED and self._exception is None:
            return self._result
        return super().result(timeout)

    def set_result(self, result: Any) -> None:
        if "_condition" not in self.__dict__:
            self._result = result
            if self._settle_unseen():
                return
        super().set_result(result)

    def set_exception(self, exception: BaseException | None) -> None:
        if "_condition" not in self.__dict__:
            self._exception = exception
            if self._settle_unseen():
                return
        super().set_exception(exception)

    def _settle_unseen(self) -> bool:
        """Become finished unless somebody waits, or has just begun to."""
        return self.__dict__.setdefault("_condition", _SETTLED) is _SETTLED
