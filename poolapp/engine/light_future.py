"""A future that costs little: to make, to settle, and to wait for."""

from __future__ import annotations

import contextlib
import threading
from _thread import allocate_lock
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures._base import CANCELLED, CANCELLED_AND_NOTIFIED, FINISHED, PENDING
from typing import Any

_making = threading.RLock()
"""Held while something is made of which no future may have two."""

OVER = (FINISHED, CANCELLED, CANCELLED_AND_NOTIFIED)


class LightFuture(Future[Any]):
    """A standard Future whose condition is made when somebody needs it, which mostly nobody does.

    Only one thread may settle it. That one marks it as settled, then looks whether there is a condition; whoever needs
    one makes it, then looks whether the future was marked. So at least one of the two sees the other. Whichever it is
    brings the state up to date, with the condition held, as everything is done that depends on the state.

    Who only wants to know when it is over needs no condition, but leaves a call, which is found in the same way.
    """

    __slots__ = (
        "_calls",
        "_done_callbacks",
        "_exception",
        "_is_settled",
        "_made_condition",
        "_result",
        "_state",
        "_waiters",
    )

    _result: Any
    _waiters: list[Any]
    _done_callbacks: list[Any]
    _invoke_callbacks: Callable[[], None]

    def __init__(self) -> None:
        """Unlike Future's, which makes five objects."""
        self._exception: BaseException | None = None
        self._calls: list[Callable[[], object]] | None = None  # what is to be called once it is over
        self._is_settled = False  # there is a result or an exception; the state may not say so yet
        self._made_condition: Any = None  # a condition, which another thread may make at any time
        self._state = PENDING

    @property
    def _condition(self) -> Any:  # type: ignore[override]  # never written but here
        return self._made_condition or self._make_condition()

    def done(self) -> bool:
        return self._is_settled or self._state in OVER

    def cancel(self) -> bool:
        if cancelled := super().cancel():
            self.make_calls()
        return cancelled

    def when_over(self, call: Callable[[], object]) -> None:
        """Make a call once it is over, or now if it is: in whichever thread hears of it, so it must return at once.

        It must not raise either.
        """
        with _making:
            if self._calls is None:
                self._calls = []
            self._calls.append(call)
        if self.done():
            self.make_calls()

    def result(self, timeout: float | None = None) -> Any:
        if not self._is_settled:
            self._wait(timeout)
        if self._is_settled and self._exception is None:
            return self._result
        return super().result(0)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        if not self._is_settled:
            self._wait(timeout)
        return super().exception(0)

    def set_result(self, result: Any) -> None:
        if self._made_condition or self._is_settled:
            super().set_result(result)
            self._is_settled = True
        else:
            self._result = result
            self._is_settled = True
            if self._made_condition:
                self._tell_newcomers()
        if self._calls:
            self.make_calls()

    def set_exception(self, exception: BaseException | None) -> None:
        if self._made_condition or self._is_settled:
            super().set_exception(exception)
            self._is_settled = True
        else:
            self._exception = exception
            self._is_settled = True
            if self._made_condition:
                self._tell_newcomers()
        if self._calls:
            self.make_calls()

    def _wait(self, timeout: float | None) -> None:
        """Wait until it is over, for `timeout` seconds at the most (None: however long)."""
        if timeout is not None and not timeout > 0:
            return
        gate = allocate_lock()
        gate.acquire()
        self.when_over(gate.release)
        if not gate.acquire(timeout=-1 if timeout is None else min(timeout, threading.TIMEOUT_MAX)):
            self._forget(gate.release)

    def _forget(self, call: Callable[[], object]) -> None:
        """Make a call no longer, unless it has just been made."""
        assert self._calls is not None
        with contextlib.suppress(ValueError):
            self._calls.remove(call)

    def make_calls(self) -> None:
        """Make the calls that wait for the end; it is over."""
        calls = self._calls
        while calls:
            try:
                call = calls.pop()
            except IndexError:  # another thread calls as well
                return
            call()

    def _make_condition(self) -> Any:
        with _making:
            if self._made_condition is None:
                condition = threading.Condition()
                self._waiters, self._done_callbacks = [], []
                with condition:
                    self._made_condition = condition
                    if self._is_settled:
                        self._state = FINISHED
        return self._made_condition

    def _tell_newcomers(self) -> None:
        """Tell those who have made a condition while the future was being settled without one."""
        with self._condition:
            if self._state == FINISHED:
                return  # who made it has seen it
            self._state = FINISHED
            for waiter in self._waiters:
                waiter.add_result(self) if self._exception is None else waiter.add_exception(self)
            self._condition.notify_all()
        self._invoke_callbacks()
