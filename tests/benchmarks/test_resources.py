"""What pools need is measured for each of them, and what the measurements rest on holds."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from poolapp.engine.strategies import STRATEGIES
from tests.benchmarks.figures import Figure
from tests.benchmarks.subjects import PROCESS, THREAD
from tests.benchmarks.workloads.base import Plan, Workload
from tests.benchmarks.workloads.footprint import FOOTPRINT
from tests.benchmarks.workloads.footprint_app import APP
from tests.benchmarks.workloads.growth import COLLECTING, GROWTH, NODES, QUEUED
from tests.benchmarks.workloads.lifecycle import LIFECYCLE
from tests.benchmarks.workloads.lifecycle_pools import PROCESSES, THREADS
from tests.benchmarks.workloads.lifecycle_probes import probe
from tests.benchmarks.workloads.observers import OBSERVERS, SITES
from tests.benchmarks.workloads.records import LISTS, RECORDS

# Many pools and sites are started, one after another.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

TINY = Plan(rounds=1, workers=2, scale=0.01)


def quantities(workload: Workload) -> dict[str, set[str]]:
    """What is measured of each subject, at a tiny scale."""
    figures = list(workload.run(TINY, lambda _: None))
    for figure in figures:
        assert (figure.workload, len(figure.values)) == (workload.name, TINY.rounds)
        assert figure.unit
    return by_subject(figures)


def by_subject(figures: Iterable[Figure]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for figure in figures:
        found.setdefault(figure.subject, set()).add(figure.quantity)
    return found


def test_lifecycle_tells_of_starts_and_of_successors():
    found = quantities(LIFECYCLE)

    assert list(found) == list(PROCESSES)
    assert found[PROCESS] == {
        "start to ready, with Django",
        "start to first results, with Django",
        "start to ready, without Django",
        "start to first results, without Django",
        "kill to successor online",
        "kill to successor answering",
    }
    assert found["ProcessPoolExecutor"] == {
        "start to first results, with Django",
        "start to first results, without Django",
    }


def test_footprint_tells_of_memory_and_cpu():
    found = quantities(FOOTPRINT)

    assert set(found) == {*PROCESSES, *THREADS, APP}
    assert found[PROCESS] == {"worker, with Django", "processes, with Django", "idle CPU", "queued no-op"}
    assert found[THREAD] == {"idle CPU", "queued no-op"}
    assert found[APP] == {"idle CPU"}


def test_growth_tells_of_every_strategy_with_few_and_with_many_workers():
    found = quantities(GROWTH)

    sizes = {f"{nodes:,} nodes, {queued:,} queued" for nodes in NODES for queued in QUEUED}
    assert found.pop("poolapp, least_used") == found.pop(COLLECTING) == sizes
    assert set(found) == {f"poolapp, {strategy}" for strategy in STRATEGIES} - {"poolapp, least_used"}
    for measured in found.values():
        assert measured == {"4 nodes, 1,000 queued", "1,000 nodes, 1,000 queued"}


def test_observers_tells_of_records_and_dashboards():
    found = quantities(OBSERVERS)

    loads = {
        "20,000 at once",
        "10,000 in a second, done",
        "10,000 in a second, 100 of them",
        "10,000 in a second, CPU",
    }
    assert found.pop(f"{PROCESS}, records on SQLite") == loads | {"recorder alone", "missing records of 200,000 tasks"}
    found.pop(f"{PROCESS}, records on PostgreSQL", None)
    assert found == dict.fromkeys(SITES.keys() & found.keys(), loads)
    assert len(found) == len(SITES) - 2


def test_records_tells_of_a_minute_and_of_lists():
    found = quantities(RECORDS)

    measured = {"10,000 in a second, done", "without a record", "more memory", "warnings", *LISTS}
    assert found.pop(f"{PROCESS}, records on SQLite") == measured
    assert found in ({}, {f"{PROCESS}, records on PostgreSQL": measured})


def test_a_probe_that_fails_says_why():
    why = r"growth_probe 2 10 no_such_strategy has failed:(?s:.)*InvalidOption"

    with probe("growth_probe", 2, 10, "no_such_strategy") as asked, pytest.raises(AssertionError, match=why):
        asked.ask("fill")
