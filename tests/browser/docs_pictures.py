"""Takes the pictures of docs/dashboard.md: python -m tests.browser.docs_pictures [DIRECTORY]

They show the shop of tests/browser/drills on its worst day, after a minute of it.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Literal, NamedTuple

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.chromium import launch, log_in
from tests.browser.demo import ROOT, Demo, running_demo
from tests.browser.drills import SETTINGS
from tests.conftest import CHROMIUM

SECONDS_OF_TROUBLE = 75
COLOURS = 128  # enough for pages, and a third of the size
PATIENCE = 60_000
# The shop is not to tell where it was served: its tracebacks have other paths.
ELSEWHERE = """
(root) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(root, "/srv/shop");
}
"""


class Look(NamedTuple):
    """How somebody looks at a page; what is further down than `height` is cut off."""

    theme: Literal["light", "dark"]
    width: int
    height: int


LOOKS = (Look("light", 1440, 1500), Look("dark", 1440, 1500), Look("light", 768, 1500), Look("dark", 360, 1500))


def take_all(browser: Browser, demo: Demo, directory: Path) -> None:
    pages = {look: page_for(browser, demo, look) for look in LOOKS}
    first = pages[LOOKS[0]]
    for page in pages.values():
        page.goto(demo.dashboard)
    expect(first.locator("[data-list=findings]")).to_contain_text("may hang", timeout=PATIENCE)
    first.wait_for_timeout(SECONDS_OF_TROUBLE * 1000)
    shoot(pages, "overview", directory)
    pool = first.locator(".pa-pool h2 a").get_attribute("href")
    visit(pages, f"{demo.site}{pool}")
    shoot(pages, "pool", directory)
    tasks = f"{demo.site}/admin/poolapp/taskrecord/?status=failed"
    visit(pages, tasks)
    shoot(pages, "tasks", directory)
    task = first.locator("#result_list tbody th a").first.get_attribute("href")
    visit(pages, f"{demo.site}{task}")
    shoot(pages, "task", directory)
    visit(pages, f"{demo.dashboard}instances/")
    shoot(pages, "processes", directory)


def page_for(browser: Browser, demo: Demo, look: Look) -> Page:
    size = {"width": look.width, "height": look.height}
    page = browser.new_context(color_scheme=look.theme, viewport=size, has_touch=look.width < 600).new_page()
    log_in(page, demo)
    return page


def visit(pages: dict[Look, Page], address: str) -> None:
    for page in pages.values():
        page.goto(address)
    page.wait_for_timeout(3000)  # until what is live has been heard


def shoot(pages: dict[Look, Page], subject: str, directory: Path) -> None:
    for look, page in pages.items():
        page.evaluate(ELSEWHERE, str(ROOT))
        shown = Image.open(BytesIO(page.screenshot()))
        path = directory / f"{subject}-{look.width}-{look.theme}.png"
        shown.convert("RGB").quantize(COLOURS).save(path, optimize=True)
        print(path, f"{path.stat().st_size // 1024} KB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.docs_pictures", description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path, default=ROOT / "docs" / "pictures")
    directory: Path = parser.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    executable = next(filter(None, map(shutil.which, CHROMIUM)))
    with (
        tempfile.TemporaryDirectory() as data,
        running_demo(Path(data), SETTINGS, POOLAPP_DRILL="everything") as demo,
        sync_playwright() as playwright,
        launch(playwright, executable) as browser,
    ):
        take_all(browser, demo, directory)


if __name__ == "__main__":
    main()
