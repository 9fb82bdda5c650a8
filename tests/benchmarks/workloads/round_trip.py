"""Round trip: how long a call of a task that does nothing takes, from the main thread, one after another."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from tests.benchmarks.figures import Figure, Sheet
from tests.benchmarks.peers import CANDIDATES
from tests.benchmarks.peers.base import running
from tests.benchmarks.peers.limits import RAW_SOCKETPAIR
from tests.benchmarks.workloads.base import Plan, Tell, Workload, turns

ABOUT = (
    "One call of a task that returns its argument, wait for the result, again and again, from the main thread."
    " The limit of any pool of processes is a byte sent to another process and back."
)
CALLS = 1000


def run(plan: Plan, tell: Tell) -> Iterable[Figure]:
    count, sheet = plan.count(CALLS), Sheet("round_trip")
    with running([*CANDIDATES, RAW_SOCKETPAIR], plan.workers) as peers:
        for peer in peers.values():
            peer.round_trips(plan.count(CALLS // 10))
        for name in turns(peers, plan, tell):
            times = sorted(peers[name].round_trips(count))
            sheet.add(name, "p50", "µs", statistics.median(times))
            sheet.add(name, "p99", "µs", times[int(count * 0.99)])
    return sheet.figures(peers)


ROUND_TRIP = Workload("round_trip", ABOUT, run)
