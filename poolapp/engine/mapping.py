"""Running a task for every element of an input, with the results in order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from poolapp.engine.errors import InvalidOption, QueueFull
from poolapp.engine.futures import TaskFuture
from poolapp.engine.validation import require_int, require_wait

# How far ahead of the results an input is consumed: enough to keep all workers busy with the smallest of tasks.
RESULTS_UNDER_WAY = 2048


def ordered_results(
    execute: Callable[..., TaskFuture],
    iterables: Sequence[Iterable[Any]],
    timeout: float | None,
    buffersize: int | None,
) -> Iterator[Any]:
    """Execute the first tasks now and the others as results are taken; see Pool.map."""
    require_wait("timeout", timeout)
    deadline = None if timeout is None else time.monotonic() + timeout
    if buffersize is not None:
        require_int("buffersize", buffersize)
        if buffersize < 1:
            raise InvalidOption(f"buffersize must be 1 or more, not {buffersize}")
    return Results(execute, zip(*iterables, strict=False), buffersize or RESULTS_UNDER_WAY, deadline)


class Results(Iterator[Any]):
    """Hands out results in order, of tasks of which some are under way, some done, and some not even thought of.

    When it is closed, is thrown away or has handed out an exception, it has ended: what has not begun is cancelled.
    """

    def __init__(
        self,
        execute: Callable[..., TaskFuture],
        inputs: Iterator[tuple[Any, ...]],
        most: int,
        deadline: float | None,
    ) -> None:
        self._execute = execute
        self._inputs = inputs
        self._most = most
        self._deadline = deadline
        self._refused: tuple[Any, ...] | None = None  # an input for which the queue had no room
        self._futures: deque[TaskFuture] = deque()
        self._fill()

    def __next__(self) -> Any:
        if not self._futures:
            raise StopIteration
        try:
            patience = None if self._deadline is None else self._deadline - time.monotonic()
            result = _take_result(self._futures.popleft(), patience)
            self._fill()
        except BaseException:
            self.close()
            raise
        return result

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Cancel what has not begun; there are no more results."""
        while self._futures:
            self._futures.popleft().cancel()

    def _fill(self) -> None:
        """Have as many tasks under way as may be; when the queue is full, go on once a result is there."""
        try:
            for arguments in islice(self._next_inputs(), max(0, self._most - len(self._futures))):
                self._refused = arguments
                self._futures.append(self._execute(*arguments))
                self._refused = None
        except QueueFull:
            if not self._futures:
                raise
        except BaseException:
            self.close()
            raise

    def _next_inputs(self) -> Iterator[tuple[Any, ...]]:
        if self._refused is not None:
            yield self._refused
        yield from self._inputs


def _take_result(future: TaskFuture, patience: float | None) -> Any:
    """The result; a task that takes too long is cancelled."""
    try:
        return future.result(patience)
    except BaseException:
        future.cancel()
        raise
    finally:
        del future  # which would keep itself alive through the traceback of its exception
