"""Takes pictures of the demo, to be looked at: python -m tests.browser.screenshots OUT_DIR"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageOps
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.chromium import launch, log_in
from tests.browser.dashboard import DashboardPage
from tests.browser.demo import Demo, running_demo
from tests.conftest import CHROMIUM
from tests.project import pictures

THEMES = ("light", "dark")
WIDTHS = {1440: 900, 360: 780}
SUBJECTS = [
    ("harbour.jpg", "#12355b", "#ffd5a1"),
    ("forest.jpg", "#0b2e1a", "#d9f2b4"),
    ("dunes.jpg", "#5b2a12", "#fff0c9"),
]
VISITORS = 4
SECONDS_OF_LOAD = 15


class Studio:
    """The same pages in every theme and width at once, so that a short moment can be caught in all of them."""

    def __init__(self, browser: Browser, demo: Demo, out: Path) -> None:
        self.demo = demo
        self.out = out
        self.pages = {f"{theme}-{width}": self._page(browser, theme, width) for theme in THEMES for width in WIDTHS}
        self.dashboards = [DashboardPage(page) for page in self.pages.values()]

    def _page(self, browser: Browser, theme: str, width: int) -> Page:
        size = {"width": width, "height": WIDTHS[width]}
        page = browser.new_context(color_scheme=theme, viewport=size, has_touch=width < 600).new_page()
        log_in(page, self.demo)
        return page

    def go(self, path: str) -> None:
        for page in self.pages.values():
            page.goto(f"{self.demo.site}{path}")

    def open_dashboards(self) -> None:
        for dashboard in self.dashboards:
            dashboard.open(self.demo.dashboard).live()

    def shoot(self, subject: str, *, whole: bool = True) -> None:
        for name, page in self.pages.items():
            page.screenshot(path=self.out / f"{subject}-{name}.png", full_page=whole)


def take_all(studio: Studio) -> None:
    demo = studio.demo
    studio.go("/")
    studio.shoot("gallery-empty")
    studio.open_dashboards()
    studio.shoot("dashboard-new")

    demo.upload(*((name, landscape(*colours)) for name, *colours in SUBJECTS))
    studio.go("/")
    studio.shoot("gallery")
    studio.open_dashboards()
    studio.shoot("dashboard-idle")

    with load(demo):
        wait_for_history(studio)
        studio.shoot("dashboard-load")
    with load(demo):
        restart(studio)
    make_errors(studio)
    studio.shoot("dashboard-error")
    shoot_records(studio)
    shoot_results(studio)
    shoot_stale(studio)


@contextmanager
def load(demo: Demo) -> Iterator[None]:
    """Several visitors who post photos without a pause."""
    photos = [(f"photo{number}.jpg", pictures.noisy(2400, 1600)) for number in range(3)]
    working = True

    def visit() -> None:
        while working:
            demo.upload(*photos)

    with ThreadPoolExecutor(VISITORS) as visitors:
        visits = [visitors.submit(visit) for _ in range(VISITORS)]
        try:
            yield
        finally:
            working = False
    for visit in visits:
        visit.result()


def wait_for_history(studio: Studio) -> None:
    """Until the charts have something to show."""
    first = studio.dashboards[0]
    executed = first.executed
    expect(first.figure("Executed")).not_to_have_text(f"{executed}")
    first.page.wait_for_timeout(SECONDS_OF_LOAD * 1000)


def restart(studio: Studio) -> None:
    for dashboard in studio.dashboards:
        dashboard.restart_button.click()
    studio.shoot("restart-question", whole=False)
    for dashboard in studio.dashboards[1:]:
        dashboard.question.get_by_role("button", name="Cancel").click()
    dashboard = studio.dashboards[0]
    dashboard.question.get_by_role("button", name="Restart workers").click()
    # On a fast machine it is over before it can be seen.
    expect(dashboard.outcome).to_have_text(re.compile("^(Restarting|Done)"))
    studio.shoot("restart-running")
    expect(dashboard.outcome).to_have_text(re.compile("^Done"), timeout=60_000)
    studio.shoot("restart-done")


def make_errors(studio: Studio) -> None:
    """A file that is no image, and a worker that is killed at work."""
    dashboard = studio.dashboards[0]
    studio.demo.upload(("notes.jpg", b"just text"), ("cut.jpg", pictures.truncated()))
    with ThreadPoolExecutor(1) as visitor:
        lost = visitor.submit(studio.demo.upload, *[("large.jpg", pictures.noisy(6000, 4000))] * 3)
        busy = dashboard.workers.filter(has_text="busy").filter(has_text="make_thumbnails").first
        pid = int(busy.locator("[data-field=pid]").inner_text())
        os.kill(pid, signal.SIGKILL)
        lost.result()
    for dashboard in studio.dashboards:
        expect(dashboard.told(f"(process {pid})").first).to_be_visible()


def shoot_records(studio: Studio) -> None:
    addresses = {
        state: studio.dashboards[0].tasks.filter(has_text=text).get_by_role("link").first.get_attribute("href")
        for state, text in {"executed": "executed", "failed": "ImageRefused", "lost": "WorkerLost"}.items()
    }
    for state, address in addresses.items():
        studio.go(address)
        studio.shoot(f"record-{state}")
    for name in ("taskrecord", "poolevent"):
        studio.go(f"/admin/poolapp/{name}/")
        studio.shoot(f"list-{name}")
    studio.go("/admin/")
    studio.shoot("admin")


def shoot_results(studio: Studio) -> None:
    """What somebody sees after an upload, good and bad."""
    studio.go("/")
    for page in studio.pages.values():
        chosen = [
            ("harbour.jpg", landscape("#12355b", "#ffd5a1")),
            ("notes.jpg", b"just text"),
            ("a-name-that-goes-on-and-on-as-the-names-of-cameras-and-chats-do-2026-01-31.jpg", pictures.truncated()),
        ]
        files = [{"name": name, "mimeType": "image/jpeg", "buffer": content} for name, content in chosen]
        page.get_by_label("Choose photos").set_input_files(files)
        page.get_by_role("button", name="Make thumbnails").click()
        expect(page.get_by_role("region", name="This upload")).to_be_visible()
    studio.shoot("gallery-results")


def shoot_stale(studio: Studio) -> None:
    studio.open_dashboards()
    with studio.demo.frozen():
        for dashboard in studio.dashboards:
            expect(dashboard.badge).to_contain_text("stale")
        studio.shoot("dashboard-stale", whole=False)


def landscape(shade: str, light: str) -> bytes:
    """Something with shapes in it, in two colours."""
    waves = Image.radial_gradient("L").resize((1600, 1200)).point(lambda level: level * 7 % 256)
    return pictures.encoded(ImageOps.colorize(waves, shade, light), quality=85)


def main() -> None:
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    executable = next(filter(None, map(shutil.which, CHROMIUM)))
    with (
        tempfile.TemporaryDirectory() as directory,
        running_demo(Path(directory)) as demo,
        sync_playwright() as playwright,
        launch(playwright, executable) as browser,
    ):
        take_all(Studio(browser, demo, out))


if __name__ == "__main__":
    main()
