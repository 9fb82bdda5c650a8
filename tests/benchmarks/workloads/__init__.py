"""The workloads, in the order in which they are run and reported."""

from tests.benchmarks.workloads.base import Plan, Workload
from tests.benchmarks.workloads.cpu import CPU
from tests.benchmarks.workloads.deaths import DEATHS
from tests.benchmarks.workloads.echo import ECHO
from tests.benchmarks.workloads.footprint import FOOTPRINT
from tests.benchmarks.workloads.growth import GROWTH
from tests.benchmarks.workloads.lifecycle import LIFECYCLE
from tests.benchmarks.workloads.observers import OBSERVERS
from tests.benchmarks.workloads.payload_memory import PAYLOAD_MEMORY
from tests.benchmarks.workloads.records import RECORDS
from tests.benchmarks.workloads.round_trip import ROUND_TRIP
from tests.benchmarks.workloads.skew import SKEW
from tests.benchmarks.workloads.throughput import THROUGHPUT

__all__ = ["WORKLOADS", "Plan", "Workload"]

WORKLOADS: tuple[Workload, ...] = (
    ROUND_TRIP,
    THROUGHPUT,
    ECHO,
    PAYLOAD_MEMORY,
    CPU,
    SKEW,
    LIFECYCLE,
    DEATHS,
    FOOTPRINT,
    GROWTH,
    OBSERVERS,
    RECORDS,
)
