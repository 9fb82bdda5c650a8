"""No page of ours violates WCAG 2.2 AA, as far as axe-core can tell; axe-core comes from npm."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.dashboard import DashboardPage
from tests.browser.demo import Demo
from tests.conftest import require
from tests.project import pictures

AXE = "axe-core@4.14.1"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = "async (rules) => (await axe.run('#poolapp', { runOnly: rules, preload: false })).violations"
SECONDS_TO_FETCH = 60


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script that looks for violations."""
    npm = shutil.which("npm")
    require(npm, "needs npm")
    place = tmp_path_factory.mktemp("axe")
    command = [str(npm), "install", "--silent", "--no-audit", "--no-package-lock", "--ignore-scripts", AXE]
    subprocess.run([*command, "--prefix", str(place)], check=True, timeout=SECONDS_TO_FETCH)
    return (place / "node_modules" / "axe-core" / "axe.min.js").read_text()


def violations(page: Page, axe: str) -> list[str]:
    """What is wrong with a page, in words: the rule, and the first element that breaks it."""
    page.evaluate(axe)
    found: list[dict[str, Any]] = page.evaluate(RUN, RULES)
    return [f"{violation['id']}: {violation['nodes'][0]['html'][:200]}" for violation in found]


LOOKS = [
    {"color_scheme": "light", "viewport": {"width": 1440, "height": 900}},
    {"color_scheme": "dark", "viewport": {"width": 360, "height": 900}},
    {"color_scheme": "light", "viewport": {"width": 1440, "height": 900}, "contrast": "more"},
    {"color_scheme": "dark", "viewport": {"width": 768, "height": 900}, "contrast": "more"},
    {"color_scheme": "dark", "viewport": {"width": 1440, "height": 900}, "forced_colors": "active"},
]


@pytest.mark.parametrize(
    "looks", LOOKS, ids=["light", "dark-narrow", "light-contrast", "dark-contrast", "forced-colours"]
)
def test_no_page_violates_a_rule(new_context, administrator_session, demo: Demo, axe: str, looks: dict[str, Any]):
    demo.upload(("photo.jpg", pictures.jpeg()), ("notes.jpg", b"just text"))
    # axe-core adds a style of its own.
    page = new_context(storage_state=administrator_session, bypass_csp=True, **looks).new_page()
    dashboard = DashboardPage(page).open(demo.dashboard).live()
    task = dashboard.tasks.filter(has_text="failed").first.get_by_role("link").get_attribute("href")
    pool = page.get_by_role("link", name="default", exact=True).get_attribute("href")
    assert violations(page, axe) == []

    page.keyboard.press("?")
    assert violations(page, axe) == []

    for address in (pool, task, "/admin/poolapp/dashboard/instances/"):
        page.goto(f"{demo.site}{address}")
        assert violations(page, axe) == []
