"""Footprint: the memory and the CPU that a pool needs for itself."""

from __future__ import annotations

from collections.abc import Iterable

from tests.benchmarks.figures import Figure, Sheet
from tests.benchmarks.workloads.base import Plan, Tell, Workload, turns
from tests.benchmarks.workloads.footprint_app import APP
from tests.benchmarks.workloads.lifecycle_pools import PROCESSES, THREADS
from tests.benchmarks.workloads.lifecycle_probes import probe
from tests.benchmarks.workloads.memory import KIB

ABOUT = (
    "Each pool in a fresh process. Memory: the PSS of a worker that has set Django up and has nothing to do, and of all"
    " processes below the caller; what processes share is counted in parts, so that more workers are smaller ones."
    " Queued: how much the caller grows by 200,000 tasks that wait, with their argument (an int), their future, and all"
    " else; our pools are paused, the workers of others busy. Idle CPU: of all threads and processes, the caller's"
    " included, for 10 s in which nothing is asked; in the app, that is with heartbeats, requests and records."
)
TASKS, SECONDS = 200_000, 10.0
SHORTEST = 0.5


def run(plan: Plan, tell: Tell) -> Iterable[Figure]:
    sheet, subjects = Sheet("footprint"), [*PROCESSES, APP, *THREADS]
    for name in turns(subjects, plan, tell):
        with probe("footprint_probe", name, plan.workers) as pool:
            if name in PROCESSES:
                for what, used in pool.ask("memory").items():
                    sheet.add(name, f"{what}, with Django", "MiB", used / KIB**2)
            idle = pool.ask("idle_cpu", seconds=max(SHORTEST, SECONDS * plan.scale))
            sheet.add(name, "idle CPU", "% of a core", idle)
            if name != APP:
                sheet.add(name, "queued no-op", "bytes", pool.ask("queued", count=plan.count(TASKS)))
    return sheet.figures(subjects)


FOOTPRINT = Workload("footprint", ABOUT, run)
