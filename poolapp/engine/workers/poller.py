"""Waiting for many descriptors: epoll where the system has it, what `selectors` offers elsewhere."""

from __future__ import annotations

import select
import selectors
import sys
from collections.abc import Iterable
from typing import Protocol

READ, WRITE = 1, 2


class Poller(Protocol):
    """Waits for descriptors. All methods but `wait` may be called by any thread while another waits."""

    can_mute: bool
    """Whether a descriptor can be watched for nothing for a while, without being forgotten."""

    def set(self, fd: int, events: int) -> None:
        """Watch a descriptor for READ, WRITE, both or, with `can_mute`, nothing."""

    def remove(self, fd: int) -> None: ...

    def wait(self) -> Iterable[tuple[int, int]]:
        """Wait; the descriptors that are ready and the events that they are ready for, READ also at their end."""

    def close(self) -> None: ...


class EpollPoller:
    """Linux's epoll; `selectors` has it too, but takes several times as long for each call."""

    can_mute = True

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._fds: set[int] = set()

    def set(self, fd: int, events: int) -> None:
        mask = (select.EPOLLIN if events & READ else 0) | (select.EPOLLOUT if events & WRITE else 0)
        if fd in self._fds:
            self._epoll.modify(fd, mask)
        else:
            self._epoll.register(fd, mask)
            self._fds.add(fd)

    def remove(self, fd: int) -> None:
        if fd in self._fds:
            self._fds.discard(fd)
            self._epoll.unregister(fd)

    def wait(self) -> Iterable[tuple[int, int]]:
        for fd, mask in self._epoll.poll():
            yield fd, (READ if mask & ~select.EPOLLOUT else 0) | (WRITE if mask & select.EPOLLOUT else 0)

    def close(self) -> None:
        self._epoll.close()


class SelectorPoller:
    """The best selector of another system."""

    can_mute = False

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def set(self, fd: int, events: int) -> None:
        if fd in self._selector.get_map():
            self._selector.modify(fd, events)
        else:
            self._selector.register(fd, events)

    def remove(self, fd: int) -> None:
        if fd in self._selector.get_map():
            self._selector.unregister(fd)

    def wait(self) -> Iterable[tuple[int, int]]:
        return [(key.fd, events) for key, events in self._selector.select()]

    def close(self) -> None:
        self._selector.close()


def make_poller() -> Poller:
    return EpollPoller() if sys.platform.startswith("linux") else SelectorPoller()
