"""Lifecycle: how long a pool takes to start, and to replace a worker that was killed."""

from __future__ import annotations

from collections.abc import Iterable

from tests.benchmarks.figures import Figure, Sheet
from tests.benchmarks.workloads.base import Plan, Tell, Workload, turns
from tests.benchmarks.workloads.lifecycle_pools import PROCESSES
from tests.benchmarks.workloads.lifecycle_probes import probe

ABOUT = (
    "A pool is started in a fresh process, in which Django is set up or not, as in its workers: by what the app's own"
    " pools do, which is the initializer of the others. The start takes until our pool says that it is ready, and until"
    " each worker of any pool has answered. Then a worker is killed with SIGKILL while all of them are busy: the time"
    " until our pool says that its successor is online, and until the successor of any pool has answered; the median of"
    " 5 deaths."
)
KILLS = 5
DJANGO = {True: "with Django", False: "without Django"}


def run(plan: Plan, tell: Tell) -> Iterable[Figure]:
    sheet = Sheet("lifecycle")
    for name in turns(PROCESSES, plan, tell):
        for django, how in DJANGO.items():
            with probe("lifecycle_probe", name, plan.workers) as life:
                started = life.ask("start", django=django)
                replaced = life.ask("replace", times=plan.count(KILLS)) if django else {}
            note = f"{replaced} when a worker is killed" if isinstance(replaced, str) else ""
            for what, milliseconds in started.items():
                sheet.add(name, f"start to {what}, {how}", "ms", milliseconds, note)
            if isinstance(replaced, dict):
                for what, milliseconds in replaced.items():
                    sheet.add(name, f"kill to successor {what}", "ms", milliseconds)
    return sheet.figures(PROCESSES)


LIFECYCLE = Workload("lifecycle", ABOUT, run)
