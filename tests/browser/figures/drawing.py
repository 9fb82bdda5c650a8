"""What a live page costs its browser, and what being watched costs the server, while tasks keep coming."""

from __future__ import annotations

import time

from tests.benchmarks.figures import Sheet
from tests.browser.figures.site import Site, running_site
from tests.browser.figures.trace import CATEGORIES, Profile, profile

WORKERS = 256
SECONDS_TO_SETTLE = 2
NOBODY, OVERVIEW, POOL = "nobody looks", "the overview is open", "the pool's page is open"


def measure(sheet: Sheet, rounds: int, seconds: float) -> list[str]:
    """Add the figures of both live pages, and of none, in turns; the subjects."""
    with running_site(WORKERS) as site:
        pages = {NOBODY: "about:blank", OVERVIEW: site.overview, POOL: site.pool}
        for _ in range(rounds):
            for subject, address in pages.items():
                for quantity, unit, value in watched(site, address, seconds):
                    sheet.add(subject, quantity, unit, value)
    return list(pages)


def watched(site: Site, address: str, seconds: float) -> list[tuple[str, str, float]]:
    """Have a page open under load; the tasks done in a second come first."""
    site.open(address)
    site.page.wait_for_timeout(1000 * SECONDS_TO_SETTLE)
    with site.load() as rates:
        site.page.wait_for_timeout(1000 * SECONDS_TO_SETTLE)
        found = traced(site, seconds)
    return [("tasks done", "tasks/s", rates[0]), *(found.quantities() if site.is_open else ())]


def traced(site: Site, seconds: float) -> Profile:
    site.browser.start_tracing(page=site.page, categories=CATEGORIES)
    began = time.perf_counter()
    site.page.wait_for_timeout(1000 * seconds)
    elapsed = time.perf_counter() - began
    trace = site.browser.stop_tracing()
    return profile(trace, elapsed) if site.is_open else Profile([], elapsed)
