"""A shelf keeps what was put on it until it is taken, whatever the order and however little room there is."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolapp.engine.workers.shelf import BASE, FIRST, HUGE, MARKS, RING, Place, ShelfPutter, ShelfTaker, make_shelf

MIB = 2**20
Ends = tuple[ShelfPutter, ShelfTaker]


@pytest.fixture
def ends() -> Iterator[Ends]:
    fd = make_shelf()
    putter, taker = ShelfPutter(fd), ShelfTaker(os.dup(fd))
    yield putter, taker
    putter.close()
    taker.close()


def parcel(number: int, size: int) -> bytes:
    return bytes([number % 256]) * size


def held(putter: ShelfPutter) -> int:
    """The memory of the shelf in bytes, which grows as it is written to."""
    return os.fstat(putter.fd).st_blocks * 512


def test_what_is_put_in_pieces_is_found_in_one(ends: Ends):
    putter, taker = ends

    place = putter.put([b"first ", b"", b"second"], 12)

    assert place is not None
    assert bytes(taker.look_at(*place)) == b"first second"


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_nothing_is_overwritten_before_it_is_taken(data: st.DataObject):
    """Putting and taking take turns as hypothesis likes; sizes are such that the ring is full again and again."""
    fd = make_shelf()
    putter, taker = ShelfPutter(fd), ShelfTaker(os.dup(fd))
    waiting: list[tuple[Place, bytes]] = []
    for number in range(data.draw(st.integers(1, 60))):
        if waiting and data.draw(st.booleans()):
            for place, expected in waiting[: data.draw(st.integers(1, len(waiting)))]:
                assert bytes(taker.look_at(*place)) == expected
                waiting.remove((place, expected))
            taker.take_away()
        else:
            content = parcel(number, data.draw(st.sampled_from([1, 1000, MIB, 3 * MIB, HUGE, HUGE + 1, RING])))
            if (place := putter.put([content], len(content))) is not None:
                assert all(place[0] != other[0] for other, _ in waiting), "its mark is in use"
                waiting.append((place, content))
    for place, expected in waiting:
        assert bytes(taker.look_at(*place)) == expected
    putter.close()
    taker.close()


def test_there_is_room_again_for_what_was_taken(ends: Ends):
    putter, taker = ends
    for number in range(1000):
        place = putter.put([parcel(number, MIB)], MIB)
        assert place is not None
        assert bytes(taker.look_at(*place)) == parcel(number, MIB)
        taker.take_away()

    assert held(putter) <= FIRST + MIB, "what is taken at once needs no more room than one"


def test_a_full_shelf_takes_no_more(ends: Ends):
    putter, _ = ends

    assert [putter.put([parcel(0, HUGE)], HUGE) is None for _ in range(3)] == [False, False, True]


def test_there_are_as_many_parcels_as_marks(ends: Ends):
    putter, _ = ends

    taken = [putter.put([b"x"], 1) is not None for _ in range(MARKS + 1)]

    assert taken == [True] * MARKS + [False]


def test_a_huge_parcel_takes_its_memory_with_it(ends: Ends):
    putter, taker = ends
    content = parcel(7, 32 * MIB)

    place = putter.put([content], len(content))
    assert place is not None
    assert putter.put([content], len(content)) is None, "one at a time"
    assert held(putter) >= 32 * MIB
    assert bytes(taker.look_at(*place)) == content
    taker.take_away()

    assert held(putter) <= BASE
    assert putter.put([content], len(content)) is not None


def test_without_memory_nothing_is_put(ends: Ends, monkeypatch: pytest.MonkeyPatch):
    putter, _ = ends

    def pwrite(fd: int, data: bytes, offset: int) -> int:
        raise OSError("no space left")

    monkeypatch.setattr(os, "pwrite", pwrite)

    assert putter.put([parcel(0, RING)], RING) is None
    assert putter.put([b"small"], 5) is not None
