"""The thread that waits for sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from poolapp.engine.workers import poller
from poolapp.engine.workers.reactor import Reactor
from tests.engine.functions import descriptors


@pytest.fixture(params=["best", "portable"])
def reactor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reactor]:
    if request.param == "portable":
        monkeypatch.setattr("poolapp.engine.workers.reactor.make_poller", poller.SelectorPoller)
    reactor = Reactor("poolapp-test-reactor")
    reactor.start()
    yield reactor
    reactor.stop()


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    left, right = socket.socketpair()
    left.setblocking(False)
    right.setblocking(False)
    with left, right:
        yield left, right


def do(reactor: Reactor, action: object) -> None:
    """Let the reactor's thread do something, and wait for it."""
    done = threading.Event()
    reactor.call_soon(lambda: (action(), done.set()))
    assert done.wait(10)


def test_it_calls_back_in_order_and_in_its_own_thread(reactor: Reactor):
    calls: list[tuple[int, str]] = []

    for number in range(3):
        reactor.call_soon(lambda number=number: calls.append((number, threading.current_thread().name)))
    do(reactor, lambda: None)

    assert calls == [(number, "poolapp-test-reactor") for number in range(3)]


def test_it_calls_back_when_a_socket_can_be_read(reactor: Reactor, ends: tuple[socket.socket, socket.socket]):
    left, right = ends
    received: list[bytes] = []
    done = threading.Event()
    do(reactor, lambda: reactor.watch(left.fileno(), lambda: (received.append(left.recv(10)), done.set())))

    right.send(b"hello")

    assert done.wait(10)
    assert received == [b"hello"]


def test_it_calls_back_when_a_socket_can_be_written(reactor: Reactor, ends: tuple[socket.socket, socket.socket]):
    done = threading.Event()

    do(reactor, lambda: reactor.watch(ends[0].fileno(), lambda: None, done.set))

    assert done.wait(10)
    do(reactor, lambda: reactor.forget(ends[0].fileno()))


def test_it_calls_back_at_the_end_of_a_socket(reactor: Reactor, ends: tuple[socket.socket, socket.socket]):
    left, right = ends
    done = threading.Event()
    do(reactor, lambda: reactor.watch(left.fileno(), lambda: (reactor.forget(left.fileno()), done.set())))

    right.close()

    assert done.wait(10)


def test_it_does_not_call_back_for_what_it_has_forgotten(reactor: Reactor, ends: tuple[socket.socket, socket.socket]):
    left, right = ends
    calls: list[int] = []
    do(reactor, lambda: reactor.watch(left.fileno(), lambda: calls.append(1)))
    do(reactor, lambda: reactor.forget(left.fileno()))

    right.send(b"x")
    do(reactor, lambda: None)

    assert calls == []


def test_forgetting_a_stranger_does_nothing(reactor: Reactor):
    do(reactor, lambda: reactor.forget(9999))


@pytest.mark.parametrize("kind", [ValueError, SystemExit, KeyboardInterrupt])
def test_a_callback_that_raises_does_not_end_it(
    reactor: Reactor, kind: type[BaseException], caplog: pytest.LogCaptureFixture
):
    def refuse() -> None:
        raise kind("not now")

    reactor.call_soon(refuse)

    do(reactor, lambda: None)
    assert "not now" in caplog.text


def test_it_can_be_asked_very_often_while_it_is_busy(reactor: Reactor):
    """More often than its pipe can hold."""
    calls: list[int] = []
    go_on = threading.Event()
    reactor.call_soon(lambda: go_on.wait(10))

    for number in range(70_000):
        reactor.call_soon(lambda number=number: calls.append(number))
    go_on.set()
    do(reactor, lambda: None)

    assert calls == list(range(70_000))


def test_it_lets_go_of_its_descriptors_when_it_stops():
    before = set(descriptors())
    reactor = Reactor("poolapp-short")
    reactor.start()

    reactor.stop()

    assert set(descriptors()) == before


def test_it_can_be_stopped_from_its_own_thread(reactor: Reactor):
    other = Reactor("poolapp-other")
    other.start()
    stopped = threading.Event()

    other.call_soon(lambda: (other.stop(), stopped.set()))

    assert stopped.wait(10)
