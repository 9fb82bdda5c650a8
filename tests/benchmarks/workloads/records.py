"""Records: a minute of tasks that are all recorded, and the lists of millions of them."""

from __future__ import annotations

from collections.abc import Iterable

from tests.benchmarks.figures import Figure, Sheet
from tests.benchmarks.workloads.base import Plan, Tell, Workload, turns
from tests.benchmarks.workloads.observers import SITES, running
from tests.benchmarks.workloads.observers_database import why_no_postgresql

ABOUT = (
    "A site as in `observers`, whose tasks are recorded. For 60 s it is given 10,000 tasks in every second, 100 every"
    " 10 ms, whose results are taken 100 ms later. Then: how many were done in a second, how many have no finished"
    " record, how much more memory the process of the site uses than after the first 5 s, and what poolapp and Django"
    " have logged as a warning or worse. Lists: with 5,000,000 records (13 days of 40 names, one in a hundred failed),"
    " how long the server takes for a page of the admin; the longest of five."
)
SUBJECTS = [name for name, site in SITES.items() if site.records]
RATE, SECONDS, WARM_UP = 10_000, 60.0, 5.0
ROWS = 5_000_000
LISTS = {
    "list, first page": "",
    "list, last page": "?p=200",
    "list, failed": "?status=failed",
    "list, one pool's failed": "?pool=default&status=failed",
    "list, since an hour": "?queued_at__gte={hour_ago}",
    "list, part of a name": "?q=job_7",
    "list, nothing found": "?q=no-such-thing",
}


def run(plan: Plan, tell: Tell) -> Iterable[Figure]:
    sheet, missing = Sheet("records"), why_no_postgresql()
    subjects = [name for name in SUBJECTS if not (missing and SITES[name].records == "PostgreSQL")]
    for name in turns(subjects, plan, tell):
        with running(SITES[name], plan) as site:
            site.ask("steady", rate=RATE, seconds=max(0.1, WARM_UP * plan.scale))
            minute = site.ask("minute", rate=RATE, seconds=SECONDS * plan.scale)
            sheet.add(name, "10,000 in a second, done", "tasks/s", minute["done"])
            sheet.add(name, "without a record", "tasks", minute["missing"])
            sheet.add(name, "more memory", "MB", minute["memory"])
            sheet.add(name, "warnings", "lines", minute["warnings"])
            site.ask("fill", count=plan.count(ROWS))
            for quantity, query in LISTS.items():
                sheet.add(name, quantity, "ms", site.ask("page", query=query))
    return sheet.figures(subjects)


RECORDS = Workload("records", ABOUT, run)
