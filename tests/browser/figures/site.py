"""A site with a pool under load, in a process of its own, and the one browser that visits it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.benchmarks.workloads.lifecycle_probes import Probe, probe
from tests.browser.chromium import launch
from tests.conftest import CHROMIUM

SIZE: ViewportSize = {"width": 1440, "height": 900}
PATIENCE = 30_000  # milliseconds; the site may be busy
RATE = 10_000


@dataclass(frozen=True)
class Site:
    """A site that is asked, and a page that visits it."""

    asked: Probe
    browser: Browser
    page: Page
    address: str

    @property
    def overview(self) -> str:
        return f"{self.address}/admin/poolapp/dashboard/"

    @property
    def pool(self) -> str:
        """The page of its pool."""
        self.page.goto(self.overview)
        link = self.page.locator(".pa-pool h2 a")
        expect(link).to_have_attribute("href", re.compile("."), timeout=PATIENCE)
        return f"{self.address}{link.get_attribute('href')}"

    @property
    def is_open(self) -> bool:
        """Whether the page shows something of this site."""
        return self.page.url.startswith(self.address)

    def open(self, address: str) -> None:
        """Visit a page; if it is one of this site's, wait until it is live."""
        self.page.goto(address, timeout=PATIENCE)
        if self.is_open:
            expect(self.page.locator("[data-badge]")).to_have_text("live", timeout=PATIENCE)

    @contextmanager
    def load(self) -> Iterator[list[float]]:
        """Tasks keep coming; in the end, how many were done in a second is added to the list."""
        rates: list[float] = []
        self.asked.ask("begin", rate=RATE)
        yield rates
        rates.append(self.asked.ask("end"))


@contextmanager
def running_site(workers: int) -> Iterator[Site]:
    """Serve a site whose pool has so many threads, and have a browser log in."""
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.workloads.observers_settings",
        "POOLAPP_BENCHMARK_WORKER": "thread",
        "POOLAPP_BENCHMARK_WORKERS": str(workers),
        "POOLAPP_BENCHMARK_RECORD": "failures",
        "POOLAPP_BENCHMARK_DATABASE": "",
    }
    executable = next(filter(None, map(shutil.which, CHROMIUM)))
    with (
        probe("observers_site", "with", **environment) as asked,
        sync_playwright() as playwright,
        launch(playwright, executable) as browser,
        browser.new_context(viewport=SIZE) as context,
    ):
        asked.ask("burst", count=100)
        found = asked.ask("visit")
        address = f"http://127.0.0.1:{found['port']}"
        context.add_cookies([{"name": "sessionid", "value": found["session"], "url": address}])
        yield Site(asked, browser, context.new_page(), address)
