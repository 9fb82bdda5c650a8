"""How long a page takes to be there, with very many records."""

from __future__ import annotations

from uuid import UUID

from tests.benchmarks.figures import Sheet
from tests.browser.figures.site import Site, running_site

RECORDS = 1_000_000
VISITS_BEFORE = 2
TIMING = """
() => new Promise((resolve) => {
  const tell = () => {
    const [timing] = performance.getEntriesByType("navigation");
    if (timing.loadEventEnd) resolve(timing.toJSON());
    else setTimeout(tell, 10);
  };
  tell();
})
"""
# What Chromium calls the moments that are reported, in milliseconds since the navigation began.
MOMENTS = {"DOMContentLoaded": "domContentLoadedEventEnd", "load": "loadEventEnd"}


def measure(sheet: Sheet, rounds: int, records: int) -> list[str]:
    """Add how long each page took, visit by visit; the subjects."""
    with running_site(2) as site:
        site.asked.ask("fill", count=records)
        pages = addresses(site, records)
        for _ in range(VISITS_BEFORE):
            for address in pages.values():
                site.page.goto(address)
        for _ in range(rounds):
            for subject, address in pages.items():
                visit(sheet, subject, site, address)
    return list(pages)


def addresses(site: Site, records: int) -> dict[str, str]:
    """The pages that are visited; the tasks are in the middle of the records, one that ran and one that failed."""
    tasks = f"{site.address}/admin/poolapp/taskrecord/"
    ran, failed = UUID(int=records // 2 + 7), UUID(int=records // 2)
    return {
        "index of the admin, to compare": f"{site.address}/admin/",
        "overview": site.overview,
        "page of a pool": site.pool,
        "list of tasks": tasks,
        "list of tasks, failed": f"{tasks}?status__exact=failed",
        "page of a task": f"{tasks}{ran}/change/",
        "page of a failed task": f"{tasks}{failed}/change/",
    }


def visit(sheet: Sheet, subject: str, site: Site, address: str) -> None:
    answer = site.page.goto(address)
    assert answer is not None
    assert answer.ok, f"{address} answered {answer.status}"
    timing = site.page.evaluate(TIMING)
    sheet.add(subject, "answer of the server", "ms", timing["responseEnd"] - timing["requestStart"])
    for quantity, moment in MOMENTS.items():
        sheet.add(subject, quantity, "ms", timing[moment])
