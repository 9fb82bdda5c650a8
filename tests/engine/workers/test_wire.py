"""Frames arrive as they were sent, however the socket cuts them."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolapp.engine.workers.wire import FrameReader, FrameWriter, frame, small_frame

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=8,
)
SIZES = st.integers(0, 200) | st.integers(16_300, 16_500) | st.integers(65_400, 65_700) | st.integers(100_000, 400_000)


def pair() -> tuple[socket.socket, socket.socket]:
    left, right = socket.socketpair()
    left.setblocking(False)
    right.setblocking(False)
    return left, right


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    left, right = pair()
    with left, right:
        yield left, right


def read_all(reader: FrameReader) -> list[tuple[Any, bytes]]:
    """Everything that can be read now."""
    frames: list[tuple[Any, bytes]] = []
    while (found := reader.read()) is not None:
        frames += [(head, bytes(payload)) for head, payload in found]
    return frames


def payload(number: int, size: int) -> bytes:
    return bytes([number % 256]) * size


@settings(max_examples=60)
@given(heads=st.lists(PLAIN, min_size=1, max_size=8), data=st.data())
def test_frames_arrive_whole_and_in_order_while_the_socket_is_full(heads: list[Any], data: st.DataObject):
    """Writing and reading take turns as hypothesis likes."""
    parts = [data.draw(st.lists(SIZES, max_size=3), label="payloads") for _ in heads]
    sent = [
        (head, [payload(number, size) for size in sizes])
        for number, (head, sizes) in enumerate(zip(heads, parts, strict=True))
    ]
    left, right = pair()
    with left, right:
        writer, reader = FrameWriter(left), FrameReader(right)
        received: list[tuple[Any, bytes]] = []
        for head, payloads in sent:
            writer.send(frame(head, payloads))
            if data.draw(st.booleans(), label="read"):
                received += read_all(reader)
        while not writer.flush():
            received += read_all(reader)
        received += read_all(reader)

    assert received == [(head, b"".join(payloads)) for head, payloads in sent]


@settings(max_examples=60)
@given(
    sizes=st.lists(SIZES, min_size=1, max_size=4),
    pieces=st.lists(st.integers(1, 40) | st.integers(1000, 200_000), min_size=1, max_size=6),
    pauses=st.lists(st.booleans(), min_size=1, max_size=5),
)
def test_frames_arrive_whole_in_whatever_pieces(sizes: list[int], pieces: list[int], pauses: list[bool]):
    """Pieces of these sizes are sent in turn, then larger and larger ones; now and then somebody reads."""
    stream = b"".join(b"".join(frame(number, [payload(number, size)])) for number, size in enumerate(sizes))
    piece_sizes = itertools.chain(pieces, (2**exponent for exponent in itertools.count(5)))
    reads = itertools.cycle(pauses)
    left, right = pair()
    with left, right:
        reader = FrameReader(right)
        received: list[tuple[Any, bytes]] = []
        while stream:
            size = next(piece_sizes)
            piece, stream = stream[:size], stream[size:]
            while piece:
                try:
                    piece = piece[left.send(piece) :]
                except BlockingIOError:
                    received += read_all(reader)
            if next(reads):
                received += read_all(reader)
        received += read_all(reader)

    assert received == [(number, payload(number, size)) for number, size in enumerate(sizes)]


def test_there_is_nothing_to_be_read_before_something_was_sent(ends: tuple[socket.socket, socket.socket]):
    assert FrameReader(ends[1]).read() is None


def test_half_a_frame_is_no_frame(ends: tuple[socket.socket, socket.socket]):
    ends[0].send(b"".join(frame("head", [b"payload"]))[:-1])
    reader = FrameReader(ends[1])

    assert reader.read() == []
    assert reader.read() is None


def test_the_end_is_told_after_the_last_frame(ends: tuple[socket.socket, socket.socket]):
    FrameWriter(ends[0]).send(frame("last"))
    ends[0].close()
    reader = FrameReader(ends[1])

    assert [head for head, _ in reader.read() or ()] == ["last"]
    with pytest.raises(EOFError):
        reader.read()


@pytest.mark.parametrize("size", [10, 100_000])
def test_the_end_is_told_in_the_middle_of_a_frame(ends: tuple[socket.socket, socket.socket], size: int):
    ends[0].send(b"".join(frame("head", [b"x" * size]))[: size - 5])
    ends[0].close()
    reader = FrameReader(ends[1])

    with pytest.raises(EOFError):
        read_all(reader)


def test_writing_to_nobody_is_an_error(ends: tuple[socket.socket, socket.socket]):
    ends[1].close()

    with pytest.raises(OSError):
        FrameWriter(ends[0]).send(frame("head"))


def test_a_full_socket_says_so_and_keeps_the_rest(ends: tuple[socket.socket, socket.socket]):
    writer, reader = FrameWriter(ends[0]), FrameReader(ends[1])

    assert not writer.send(frame("large", [b"x" * 10_000_000]))
    assert not writer.send(frame("small"))

    received: list[tuple[Any, bytes]] = []
    while not writer.flush():
        received += read_all(reader)
    received += read_all(reader)
    assert [head for head, _ in received] == ["large", "small"]


def test_many_payloads_make_one_frame(ends: tuple[socket.socket, socket.socket]):
    """More than one system call takes."""
    payloads = [payload(number, 100) for number in range(3000)]
    writer, reader = FrameWriter(ends[0]), FrameReader(ends[1])

    writer.send(frame("many", payloads))
    received: list[tuple[Any, bytes]] = []
    while not writer.flush():
        received += read_all(reader)
    received += read_all(reader)

    assert received == [("many", b"".join(payloads))]


@pytest.mark.parametrize("size", [0, 1, 16_384, 16_385])
def test_a_frame_with_one_payload_is_the_same_either_way(size: int):
    head = (True, 7, 1.5, 0.25, 0.125)

    assert small_frame(head, payload(1, size)) == frame(head, (payload(1, size),))
