"""What is sent to and fro: payloads of several kinds and sizes, no two alike."""

from __future__ import annotations

import importlib.util
import random
from collections.abc import Callable
from typing import Any, NamedTuple

KIB, MIB = 1 << 10, 1 << 20
BLOCK = MIB
STAMP = 8


class Size(NamedTuple):
    """How large payloads are, and how many there are in a round.

    singly: how many are sent one by one.
    together: how many are sent with `under_way` of them at a time.
    """

    name: str
    length: int
    singly: int
    together: int
    under_way: int


SIZES = (
    Size("1 KiB", KIB, 500, 2000, 64),
    Size("64 KiB", 64 * KIB, 200, 500, 16),
    Size("1 MiB", MIB, 50, 100, 8),
    Size("100 MiB", 100 * MIB, 2, 4, 2),
)


def as_bytes(number: int, length: int) -> bytes:
    """Bytes that no other number has, without a pattern within a block."""
    block = random.Random(number).randbytes(min(length, BLOCK) - STAMP)
    return (number.to_bytes(STAMP, "little") + block) * (length // BLOCK or 1)


def as_array(number: int, length: int) -> Any:
    """The same as a NumPy array of float64, in memory of its own."""
    import numpy

    return numpy.frombuffer(as_bytes(number, length), dtype=numpy.float64).copy()


KINDS: dict[str, Callable[[int, int], Any]] = {"bytes": as_bytes}
if importlib.util.find_spec("numpy") is not None:
    KINDS["array"] = as_array


def alike(one: Any, other: Any) -> bool:
    """Whether two payloads are of one kind and length, and the same in some places."""
    if not isinstance(one, type(other)):
        return False
    a, b = memoryview(one).cast("B"), memoryview(other).cast("B")
    middle = len(b) // 2
    places = slice(STAMP), slice(middle, middle + STAMP), slice(-STAMP, None)
    return len(a) == len(b) and all(a[place] == b[place] for place in places)


def equal(one: Any, other: Any) -> bool:
    """Whether two payloads are the same in every byte."""
    return alike(one, other) and bytes(memoryview(one).cast("B")) == bytes(memoryview(other).cast("B"))
