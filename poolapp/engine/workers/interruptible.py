"""Running tasks that can be interrupted, each kind of worker in its way; none ever reaches another task."""

from __future__ import annotations

import contextlib
import ctypes
import threading
import time
from collections.abc import Callable
from typing import Any

from poolapp.engine.current import Asked, CurrentTask
from poolapp.engine.errors import PoolError

Tell = Callable[["RunningTask", Any], None]


class RunningTask(CurrentTask):
    """A task in a thread of the server: a coroutine is cancelled, a plain function has to look by itself.

    `begin` and `rest` stand around what may be interrupted; other code never is. At most one interrupt comes, and when
    `rest` has returned or raised, none comes any more.
    """

    # One is made for every task, and most of this stays as it is: defaults of the class cost nothing.
    is_over = False
    active_elsewhere = 0.0  # CPU seconds in other threads than the one that answers for the task
    _cancel: Callable[[], object] | None = None

    def __init__(self, name: str, number: int, index: int, tell: Tell, serial: int = 0) -> None:
        self.name = name
        self.number = number  # of its batch
        self.index = index  # in its batch
        self.serial = serial  # how many tasks the worker process was given before
        self._tell = tell

    def send(self, message: Any) -> None:
        self.refuse_when_over()
        self._tell(self, message)

    def begin(self) -> None:
        """May be interrupted from here on; raises at once when it was asked to end before."""
        if self._asked is not None:
            raise self.request()

    def rest(self) -> None:
        """May not be interrupted any more, unless it becomes a coroutine."""

    def cancel_by(self, cancel: Callable[[], object] | None) -> None:
        """Go on as a coroutine that is cancelled by this call, from whatever thread; None once it has ended."""
        self._cancel = cancel
        if cancel is not None and self._asked is not None:
            cancel()

    def ask(self, asked: Asked) -> None:
        """Ask the task to end; called by any thread, in a process worker by its main thread."""
        if self._asked is not None:
            return
        self._asked = asked
        # Whoever comes second, this call or `begin` or `cancel_by`, sees what the other has left.
        if (cancel := self._cancel) is None:
            self._strike()
            return
        with contextlib.suppress(RuntimeError):  # the loop was closed: the coroutine has ended
            cancel()

    def refuse_when_over(self) -> None:
        """Raise PoolError when the task has been answered."""
        if self.is_over:
            raise PoolError(f"{self.name} is over and cannot send messages any more")

    def shield(self, action: Callable[[], object]) -> None:
        """Do something in the task's thread that must not be interrupted half-way."""
        action()

    def _strike(self) -> None:
        """Interrupt a plain function."""


class MainThreadTask(RunningTask):
    """A task in the main thread of a worker process, where a signal handler asks it to end, and raises in it.

    As the handler runs in the same thread, between two instructions, a flag is all it takes. A call of the system is
    interrupted too, unless the signal comes at the very moment when it begins.
    """

    _is_open = False

    def begin(self) -> None:
        _latest[MAIN] = self
        self._is_open = True
        if self._asked is not None:
            self._strike()

    def rest(self) -> None:
        self._is_open = False

    def shield(self, action: Callable[[], object]) -> None:
        was_open = self._is_open
        self._is_open = False
        try:
            action()
        finally:
            if was_open:
                self.begin()

    def _strike(self) -> None:
        if self._is_open:
            self._is_open = False
            raise self.request()


class LaneTask(RunningTask):
    """A task in another thread of a worker process: the exception is raised there by the interpreter.

    That takes effect at the next Python instruction, so it does not interrupt a call of the system or of C code.

    Who takes the token decides: the task, then nothing can hit it, or the interrupt, then the task waits for the
    exception to arrive before it goes on.
    """

    _thread = 0
    _is_exposed = False  # whether the token was laid down; known to the task alone
    _is_struck = False  # whether the exception is on its way

    def __init__(self, name: str, number: int, index: int, tell: Tell, serial: int = 0) -> None:
        super().__init__(name, number, index, tell, serial)
        self._token: list[None] = []

    def begin(self) -> None:
        self._thread = threading.get_ident()
        _latest[self._thread] = self
        self._is_exposed = True
        self._token.append(None)
        if self._asked is not None and self._withdraw():
            raise self.request()

    def rest(self) -> None:
        self._withdraw()

    def shield(self, action: Callable[[], object]) -> None:
        was_exposed = self._withdraw()
        try:
            action()
        finally:
            if was_exposed:
                self.begin()

    def _withdraw(self) -> bool:
        """Take the token; False when it was not there. An exception that is on its way is raised in here."""
        if not self._is_exposed:
            return False
        if not (is_ours := self._take_token()):
            while not self._is_struck:
                time.sleep(0)  # the main thread is just about to
            _let_exceptions_arrive()
        self._is_exposed = False
        return is_ours

    def _take_token(self) -> bool:
        try:
            self._token.pop()
        except IndexError:
            return False
        return True

    def _strike(self) -> None:
        if self._take_token():
            assert self._asked is not None
            try:
                _raise_in(self._thread, self._asked)
            finally:  # the task waits for it
                self._is_struck = True


MAIN = threading.main_thread().ident or 0  # the same in a forked process
_latest: dict[int, MainThreadTask | LaneTask] = {}
"""What has begun last in a thread, by the thread's ident."""


def shielded(action: Callable[[], object]) -> None:
    """Do something that must not be interrupted half-way, whichever task runs in the calling thread."""
    if (task := _latest.get(threading.get_ident())) is not None:
        task.shield(action)
    else:
        action()


_set_async_exception = ctypes.pythonapi.PyThreadState_SetAsyncExc
_set_async_exception.argtypes = (ctypes.c_ulong, ctypes.py_object)
_set_async_exception.restype = ctypes.c_int


def _raise_in(thread: int, exception: type[BaseException]) -> None:
    _set_async_exception(thread, exception)


def _let_exceptions_arrive() -> None:
    """Do nothing for a while: the interpreter raises what was set for this thread at calls and at loops."""
    for _ in range(10):
        _do_nothing()


def _do_nothing() -> None:
    pass
