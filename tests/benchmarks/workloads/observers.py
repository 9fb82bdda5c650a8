"""Observers: what it costs that tasks are recorded, and that browsers watch them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from tests.benchmarks.figures import Figure, Sheet
from tests.benchmarks.peers.base import require
from tests.benchmarks.subjects import PROCESS
from tests.benchmarks.workloads.base import Plan, Tell, Workload, turns
from tests.benchmarks.workloads.lifecycle_probes import Probe, probe
from tests.benchmarks.workloads.observers_database import postgresql, why_no_postgresql

ABOUT = (
    "Sites in processes of their own, each a real server (Daphne) with the app's process pool. poolapp process: no task"
    " is recorded, no dashboard is open. The others record all tasks, or have dashboards open, in another process that"
    " reads all that comes; without observers, nobody listens to the pool at all. Loads from one thread: 20,000 tasks"
    " that do nothing, 2,000 under way at the most; and 10,000 in a second, for 3 s, 100 every 10 ms: how many were"
    " done, in what time all 100 were, and the CPU that the process of the site has used. Recorder alone: rows in a"
    " second while no task runs. Missing: records after 200,000 tasks, 2,000 under way, that are not there or not"
    " finished; they must be as many as the pool has counted."
)
BURST, OVERLOAD, ROWS = 20_000, 200_000, 20_000
RATE, SECONDS = 10_000, 3.0


class Site(NamedTuple):
    """What a site has: where it records tasks, how many dashboards are open, whether there are observers at all."""

    records: str = ""
    dashboards: int = 0
    observers: bool = True


SITES = {
    PROCESS: Site(),
    f"{PROCESS}, without observers": Site(observers=False),
    f"{PROCESS}, records on SQLite": Site("SQLite"),
    f"{PROCESS}, records on PostgreSQL": Site("PostgreSQL"),
    f"{PROCESS}, 1 dashboard": Site(dashboards=1),
    f"{PROCESS}, 20 dashboards": Site(dashboards=20),
}


def run(plan: Plan, tell: Tell) -> Iterable[Figure]:
    sheet, missing = Sheet("observers"), why_no_postgresql()
    sites = {name: site for name, site in SITES.items() if not (missing and site.records == "PostgreSQL")}
    note = f"without records on PostgreSQL, since {missing}" if missing else ""
    with ExitStack() as stack:
        probes = {name: stack.enter_context(running(site, plan)) for name, site in sites.items()}
        for asked in probes.values():
            asked.ask("burst", count=plan.count(BURST))
            asked.ask("settle")
        for name in turns(sites, plan, tell):
            for quantity, unit, value in measured(sites[name], probes[name], plan):
                sheet.add(name, quantity, unit, value, note if name == PROCESS else "")
    return sheet.figures(sites)


@contextmanager
def running(site: Site, plan: Plan) -> Iterator[Probe]:
    """A site, on a database of its own, whose dashboards are open."""
    environment = {
        "DJANGO_SETTINGS_MODULE": f"{__package__}.observers_settings",
        "POOLAPP_BENCHMARK_WORKERS": str(plan.workers),
        "POOLAPP_BENCHMARK_RECORD": "all" if site.records else "none",
        "POOLAPP_BENCHMARK_DATABASE": "",
    }
    with ExitStack() as stack:
        if site.records == "PostgreSQL":
            environment["POOLAPP_BENCHMARK_DATABASE"] = stack.enter_context(postgresql())
        asked = stack.enter_context(probe("observers_site", "with" if site.observers else "without", **environment))
        if site.dashboards:
            asked.ask("open", count=site.dashboards)
        yield asked


def measured(site: Site, asked: Probe, plan: Plan) -> Iterator[tuple[str, str, float]]:
    """The quantities of a round, with their units; between the loads, what waits is written."""
    received = asked.ask("received") if site.dashboards else 0
    yield f"{BURST:,} at once", "tasks/s", asked.ask("burst", count=plan.count(BURST))
    asked.ask("settle")
    steady = asked.ask("steady", rate=RATE, seconds=SECONDS * plan.scale)
    yield f"{RATE:,} in a second, done", "tasks/s", steady["done"]
    yield f"{RATE:,} in a second, 100 of them", "ms", steady["milliseconds"]
    yield f"{RATE:,} in a second, CPU", "% of a core", steady["cpu"]
    if site.dashboards:
        require(asked.ask("received") > received, "the dashboard")
    if site.records:
        asked.ask("settle")
        yield "recorder alone", "rows/s", asked.ask("capacity", count=plan.count(ROWS))
        yield f"missing records of {OVERLOAD:,} tasks", "records", asked.ask("overload", count=plan.count(OVERLOAD))


OBSERVERS = Workload("observers", ABOUT, run)
