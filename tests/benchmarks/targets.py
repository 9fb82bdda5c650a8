"""What is to be reached: the targets, as data."""

from __future__ import annotations

from dataclasses import dataclass

from tests.benchmarks.subjects import POOLIFIER, PROCESS, PROCESS_PEERS, SHARED_PEERS, THREAD, THREAD_PEER
from tests.benchmarks.workloads.echo_payloads import SIZES


@dataclass(frozen=True)
class Target:
    """A figure, or its quotient with others of the same workload, is at most or at least so much.

    to: the subjects whose figures it is divided by. It has to hold for each of them, so it does for the best.
    to_quantity: what it is divided by, if that is another quantity; the subject's own unless `to` names others.
    """

    workload: str
    subject: str
    quantity: str
    to: tuple[str, ...] = ()
    to_quantity: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def limit(self) -> float:
        limit = self.at_least if self.at_most is None else self.at_most
        assert limit is not None
        return limit

    @property
    def divisors(self) -> list[tuple[str, str]]:
        """The subjects and the quantities that it is divided by."""
        subjects = self.to or ((self.subject,) if self.to_quantity else ())
        return [(subject, self.to_quantity or self.quantity) for subject in subjects]

    @property
    def what(self) -> str:
        """What is compared, in words."""
        ours = f"{self.workload}, {self.quantity}: {self.subject}"
        if not self.divisors:
            return ours
        others = "the best peer" if len(self.to) > 1 else ", ".join((*self.to, self.to_quantity)).strip(", ")
        return f"{ours} / {others}"

    @property
    def bound(self) -> str:
        """The limit, in signs."""
        return f"{'≥' if self.at_most is None else '≤'} {self.limit:g}"

    def allows(self, value: float) -> bool:
        return value >= self.limit if self.at_most is None else value <= self.limit


ONE_THREAD, THREADS, COROUTINES = "from one thread", "from 8 threads", "from 1,000 asyncio tasks"

ROUND_TRIP = (
    Target("round_trip", PROCESS, "p50", ("raw socketpair",), at_most=1.5),
    Target("round_trip", PROCESS, "p50", PROCESS_PEERS, at_most=0.6),
    Target("round_trip", THREAD, "p50", (THREAD_PEER,), at_most=1.0),
)
THROUGHPUT = (
    Target("throughput", PROCESS, ONE_THREAD, PROCESS_PEERS, at_least=2.0),
    Target("throughput", PROCESS, THREADS, SHARED_PEERS, at_least=2.0),
    Target("throughput", PROCESS, ONE_THREAD, ("ProcessPoolExecutor",), at_least=6.0),
    Target("throughput", PROCESS, ONE_THREAD, (POOLIFIER,), at_least=2.0),
    Target("throughput", PROCESS, COROUTINES, to_quantity=ONE_THREAD, at_least=0.7),
    Target("throughput", THREAD, ONE_THREAD, (THREAD_PEER,), at_least=1.0),
    Target("throughput", THREAD, THREADS, (THREAD_PEER,), at_least=1.0),
    Target("throughput", THREAD, ONE_THREAD, (POOLIFIER,), at_least=2.0),
    Target("throughput", THREAD, COROUTINES, to_quantity=ONE_THREAD, at_least=0.7),
)
KINDS = ("bytes", "array")
ECHO = (
    *(Target("echo", PROCESS, f"1 MiB {kind}, 8 under way", at_least=2048) for kind in KINDS),
    *(
        target
        for size in SIZES
        for kind in KINDS
        for target in (
            Target("echo", PROCESS, f"{size.name} {kind}, one by one", PROCESS_PEERS, at_most=1.0),
            Target("echo", PROCESS, f"{size.name} {kind}, {size.under_way} under way", PROCESS_PEERS, at_least=1.0),
        )
    ),
)
PAYLOAD_MEMORY = tuple(Target("payload_memory", PROCESS, f"{kind}, extra", at_most=2.0) for kind in KINDS)
CPU = (
    Target("cpu", PROCESS, "2,000 tasks of 1 ms", at_least=97.0),
    Target("cpu", PROCESS, "200 tasks of 20 ms", at_least=97.0),
)
SKEW = (
    Target("skew", PROCESS, "makespan", at_most=1.05),
    Target("skew", PROCESS, "makespan", PROCESS_PEERS, at_most=1.0),
    Target("skew", THREAD, "makespan", at_most=1.05),
    Target("skew", THREAD, "makespan", (THREAD_PEER,), at_most=1.0),
)

LIFECYCLE = (
    Target("lifecycle", PROCESS, "start to ready, with Django", at_most=300.0),
    Target("lifecycle", PROCESS, "kill to successor online", at_most=20.0),
)
FOOTPRINT = (
    Target("footprint", PROCESS, "worker, with Django", at_most=10.0),
    Target("footprint", PROCESS, "queued no-op", at_most=700.0),
    Target("footprint", PROCESS, "idle CPU", at_most=0.2),
    Target("footprint", THREAD, "queued no-op", at_most=700.0),
    Target("footprint", THREAD, "idle CPU", at_most=0.2),
)
GROWTH = (
    Target(
        "growth",
        "poolapp, least_used",
        "1,000 nodes, 1,000,000 queued",
        to_quantity="4 nodes, 1,000 queued",
        at_most=1.3,
    ),
)
ON_SQLITE = f"{PROCESS}, records on SQLite"
OBSERVERS = (
    Target("observers", ON_SQLITE, "10,000 in a second, done", (PROCESS,), at_least=0.8),
    Target("observers", ON_SQLITE, "recorder alone", at_least=20_000.0),
)
ON_POSTGRESQL = f"{PROCESS}, records on PostgreSQL"
RECORDS = (
    Target("observers", ON_POSTGRESQL, "recorder alone", at_least=15_000.0),
    Target("records", ON_POSTGRESQL, "10,000 in a second, done", at_least=9_900.0),
    Target("records", ON_POSTGRESQL, "without a record", at_most=0.0),
    Target("records", ON_POSTGRESQL, "more memory", at_most=10.0),
    Target("records", ON_POSTGRESQL, "warnings", at_most=0.0),
)

TARGETS = (
    *ROUND_TRIP,
    *THROUGHPUT,
    *ECHO,
    *PAYLOAD_MEMORY,
    *CPU,
    *SKEW,
    *LIFECYCLE,
    *FOOTPRINT,
    *GROWTH,
    *OBSERVERS,
    *RECORDS,
)
