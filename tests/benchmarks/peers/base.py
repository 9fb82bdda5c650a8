"""What every candidate has in common, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Literal, NamedTuple, Protocol

# Named, because the default is another one in Python 3.14, and because forking a process with threads is unsafe.
CONTEXT = "forkserver"

Kind = Literal["process", "thread", "node", "limit"]


class Peer(Protocol):
    """A running pool that does tasks which return their number; wrong ones raise AssertionError."""

    def round_trips(self, count: int) -> list[float]:
        """Microseconds that each of so many calls takes, one after another."""

    def many(self, count: int) -> float:
        """Seconds that so many calls take at once."""


class Candidate(NamedTuple):
    """Something to be measured: its name, what it is, and how it is started with so many workers.

    is_there: whether it is installed.
    """

    name: str
    about: str
    kind: Kind
    start: Callable[[int], AbstractContextManager[Any]]
    is_there: bool = True


@contextmanager
def running(candidates: Iterable[Candidate], workers: int) -> Iterator[dict[str, Any]]:
    """All candidates at the same time, by their names."""
    with ExitStack() as stack:
        yield {candidate.name: stack.enter_context(candidate.start(workers)) for candidate in candidates}


def require(is_right: bool, of: str = "a peer") -> None:
    """End the run when a result is wrong: how fast it came tells nothing then."""
    if not is_right:
        raise AssertionError(f"{of} has returned wrong results")
