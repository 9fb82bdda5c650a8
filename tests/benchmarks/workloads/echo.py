"""Echo: how fast payloads of several sizes go to another process and come back."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from tests.benchmarks.figures import Figure, Sheet
from tests.benchmarks.peers import candidates
from tests.benchmarks.peers.base import require, running
from tests.benchmarks.peers.pools import Bulk, TaskByTask
from tests.benchmarks.work import same
from tests.benchmarks.workloads.base import Plan, Tell, Workload, turns
from tests.benchmarks.workloads.echo_limits import LIMITS
from tests.benchmarks.workloads.echo_payloads import KINDS, MIB, SIZES, Size, alike, equal

ABOUT = (
    "Tasks that return their payload: bytes and NumPy arrays (float64) of 1 KiB to 100 MiB, each with contents of its"
    " own. One by one, and with several under way (64 of 1 KiB, 16 of 64 KiB, 8 of 1 MiB, 2 of 100 MiB). MiB/s count a"
    " payload once, although each byte goes there and back. The limits are what copying memory and pickling cost."
    " joblib is called with one payload at a time only; it sends arrays from 1 MiB on through files in memory."
)
SMALLEST_SCALE_FOR_LARGE = 0.1


def run(plan: Plan, tell: Tell) -> Iterable[Figure]:
    sheet = Sheet("echo")
    with running(candidates("process"), plan.workers) as peers:
        for size, kind in sizes_and_kinds(plan):
            tell(f"{size.name} {kind}")
            payloads = [KINDS[kind](number, size.length) for number in range(plan.count(size.together))]
            for peer in peers.values():
                warm_up(peer, payloads[: size.singly // 10 + 1])
            for name in turns(peers, plan, tell):
                measure(sheet, name, peers[name], f"{size.name} {kind}", payloads, plan, size)
    for name in turns(LIMITS, plan, tell):
        for quantity, (unit, measured) in LIMITS[name].items():
            sheet.add(name, quantity, unit, measured())
    return sheet.figures([*peers, *LIMITS])


def sizes_and_kinds(plan: Plan) -> Iterator[tuple[Size, str]]:
    """All of them, or the smaller ones at a scale so small that not even two large ones fit."""
    for size in SIZES:
        if size.length <= MIB or plan.scale >= SMALLEST_SCALE_FOR_LARGE:
            for kind in KINDS:
                yield size, kind


def warm_up(peer: TaskByTask | Bulk, payloads: list[Any]) -> None:
    """With a look at every byte, for which there is no time later."""
    for payload in payloads:
        require(equal(peer.call(same, payload), payload))


def measure(
    sheet: Sheet, name: str, peer: TaskByTask | Bulk, what: str, payloads: list[Any], plan: Plan, size: Size
) -> None:
    singly = payloads[: plan.count(size.singly)]
    unit, in_a_second = ("ms", 1e3) if size.length >= MIB else ("µs", 1e6)
    sheet.add(name, f"{what}, one by one", unit, one_by_one(peer, singly) / len(singly) * in_a_second)
    if isinstance(peer, TaskByTask):
        seconds = several(peer, payloads, size.under_way)
        sheet.add(name, f"{what}, {size.under_way} under way", "MiB/s", size.length * len(payloads) / MIB / seconds)


def one_by_one(peer: TaskByTask | Bulk, payloads: list[Any]) -> float:
    """Seconds that the payloads take, each sent when the one before is back."""
    began = time.perf_counter()
    for payload in payloads:
        require(alike(peer.call(same, payload), payload))
    return time.perf_counter() - began


def several(peer: TaskByTask, payloads: list[Any], under_way: int) -> float:
    """Seconds that the payloads take, so many of which are under way at any time."""
    waiting: deque[tuple[Any, Any]] = deque()
    began = time.perf_counter()
    for payload in payloads:
        if len(waiting) == under_way:
            take(peer, waiting)
        waiting.append((peer.submit(same, payload), payload))
    while waiting:
        take(peer, waiting)
    return time.perf_counter() - began


def take(peer: TaskByTask, waiting: deque[tuple[Any, Any]]) -> None:
    handle, payload = waiting.popleft()
    require(alike(peer.result(handle), payload))


ECHO = Workload("echo", ABOUT, run)
