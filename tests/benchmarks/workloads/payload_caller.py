"""The caller whose memory is measured, a process of its own: starts one pool, waits for a line, sends its payload.

python -m tests.benchmarks.workloads.payload_caller POOL KIND LENGTH WORKERS
"""

from __future__ import annotations

import sys
from typing import Any

from tests.benchmarks.peers import CANDIDATES
from tests.benchmarks.peers.base import require
from tests.benchmarks.work import same

TRIPS = 3
FILL = 1


def main(name: str, kind: str, length: str, workers: str) -> None:
    (candidate,) = (candidate for candidate in CANDIDATES if candidate.name == name)
    with candidate.start(int(workers)) as peer:
        peer.many(100)
        peer.call(same, payload_of(kind, 8))
        print("ready", flush=True)
        sys.stdin.readline()
        payload = payload_of(kind, int(length))
        for _ in range(TRIPS):
            result = peer.call(same, payload)
            require(len(result) == len(payload) and result[-1] == FILL)
            del result
        print("done", flush=True)
        sys.stdin.readline()


def payload_of(kind: str, length: int) -> Any:
    """Bytes or an array that has all its memory, and needs none beside it while it is made."""
    if kind == "bytes":
        return bytes([FILL]) * length
    import numpy

    return numpy.full(length // 8, float(FILL))


if __name__ == "__main__":
    main(*sys.argv[1:])
