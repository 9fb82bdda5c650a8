"""What copying memory and pickling cost on this machine, which no pool that copies and pickles can beat."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable

from tests.benchmarks.workloads.echo_payloads import MIB, as_bytes


def copied(length: int, times: int) -> float:
    """MiB that are copied in a second, into memory that is there already."""
    source, target = memoryview(bytes([1]) * length), memoryview(bytearray(length))
    target[:] = source
    began = time.perf_counter()
    for _ in range(times):
        target[:] = source
    return length * times / MIB / (time.perf_counter() - began)


def pickled(value: object, times: int) -> float:
    """Microseconds that it takes to pickle a value and to rebuild it."""
    began = time.perf_counter()
    for _ in range(times):
        pickle.loads(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
    return (time.perf_counter() - began) / times * 1e6


LIMITS: dict[str, dict[str, tuple[str, Callable[[], float]]]] = {
    "memcpy": {
        "1 MiB copied": ("MiB/s", lambda: copied(MIB, 500)),
        "64 MiB copied": ("MiB/s", lambda: copied(64 * MIB, 8)),
    },
    "pickle": {
        "(number,) pickled and rebuilt": ("µs", lambda: pickled((12345,), 20_000)),
        "1 MiB bytes pickled and rebuilt": ("µs", lambda: pickled(as_bytes(1, MIB), 200)),
    },
}
