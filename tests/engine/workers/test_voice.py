"""What a worker process says: whole frames, from whichever thread, also when speaking is interrupted by more."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from poolapp.engine.errors import PoolError
from poolapp.engine.workers.alert import AlertReader
from poolapp.engine.workers.interruptible import RunningTask
from poolapp.engine.workers.voice import Voice
from poolapp.engine.workers.wire import FrameReader, FrameWriter, frame


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    left, right = socket.socketpair()
    with left, right:
        yield left, right


def make_task() -> RunningTask:
    return RunningTask("photos.resize", 3, 1, lambda *_: None)


def heard(sock: socket.socket, count: int) -> list[tuple[Any, bytes]]:
    """So many frames."""
    reader, frames = FrameReader(sock), []
    while len(frames) < count:
        frames += [(head, bytes(payload)) for head, payload in reader.read() or ()]
    return frames


def test_frames_of_many_threads_are_whole(ends: tuple[socket.socket, socket.socket]):
    voice = Voice(ends[0])
    sizes = (10, 20_000, 300_000)

    def speak(number: int) -> None:
        for size in sizes:
            voice.say((number, size), bytes([number]) * size)

    threads = [threading.Thread(target=speak, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    frames = heard(ends[1], 12)
    for thread in threads:
        thread.join()

    assert all(payload == bytes([number]) * size for (number, size), payload in frames)
    assert sorted(head for head, _ in frames) == [(number, size) for number in range(4) for size in sizes]


def test_who_speaks_while_he_speaks_is_heard_afterwards(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
):
    """A finaliser or a signal handler may run in the middle of it, in the same thread."""
    voice = Voice(ends[0])
    send = FrameWriter.send

    def send_and_speak(writer: FrameWriter, buffers: list[bytes]) -> bool:
        monkeypatch.setattr(FrameWriter, "send", send)
        voice.say(("second", 2))
        return send(writer, buffers)

    monkeypatch.setattr(FrameWriter, "send", send_and_speak)

    voice.say(("first", 1))

    assert [head for head, _ in heard(ends[1], 2)] == [("first", 1), ("second", 2)]


def test_an_answer_is_the_last_word_of_its_task(ends: tuple[socket.socket, socket.socket]):
    voice, task = Voice(ends[0]), make_task()
    voice.tell(task, "half done")

    voice.answer(task, (True, 3, 0.0, 0.0, 0.0), b"value")

    with pytest.raises(PoolError, match="is over"):
        voice.tell(task, "too late")
    assert [head for head, _ in heard(ends[1], 2)] == [("message", 3, 1), (True, 3, 0.0, 0.0, 0.0)]


# Listening


@pytest.fixture
def reader(ends: tuple[socket.socket, socket.socket]) -> Iterator[AlertReader]:
    """One that is alert."""
    handler = signal.signal(signal.SIGUSR1, lambda *_: None)
    reader = AlertReader(ends[0])
    reader.be_alert()
    waker = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    yield reader
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGUSR1, handler)
    os.close(waker)
    os.close(reader._wake_fd)


def test_an_alert_reader_reads_what_comes(reader: AlertReader, ends: tuple[socket.socket, socket.socket]):
    FrameWriter(ends[1]).send(frame("hello"))

    assert [head for head, _ in reader.read() or ()] == ["hello"]


def test_a_signal_just_before_the_waiting_does_not_get_lost(
    reader: AlertReader, ends: tuple[socket.socket, socket.socket]
):
    """Its byte lies in the pipe, so that the waiting ends, and the signal's handler runs."""
    signal.signal(signal.SIGUSR1, lambda *_: FrameWriter(ends[1]).send(frame("handled")))

    os.kill(os.getpid(), signal.SIGUSR1)

    assert [head for head, _ in reader.read() or ()] == ["handled"]
    FrameWriter(ends[1]).send(frame("next"))
    assert [head for head, _ in reader.read() or ()] == ["next"]


def test_an_alert_reader_notices_the_end(reader: AlertReader, ends: tuple[socket.socket, socket.socket]):
    ends[1].close()

    with pytest.raises(EOFError):
        reader.read()
