"""Every page works in the admin of django-unfold, whose base templates are others: light and dark, wide and narrow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.dashboard import DashboardPage
from tests.browser.demo import PASSWORD, USERNAME, Demo, running_demo
from tests.project import pictures

pytest.importorskip("unfold")

LOOKS = [("light", 1440), ("dark", 360)]
# How light the page and its text are, from 0 to 255, as the browser draws them.
LIGHTNESS = """(element) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const lightness = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
    return (red + green + blue) / 3;
  };
  const style = getComputedStyle(element);
  return { text: lightness(style.color), ground: lightness(style.backgroundColor) };
}"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def unfold(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("unfold"), "tests.browser.unfold.settings") as demo:
        demo.upload(("photo.jpg", pictures.jpeg()), ("notes.jpg", b"just text"))
        yield demo


@pytest.fixture(scope="module")
def session(browser: Browser, unfold: Demo) -> Any:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{unfold.site}/admin/login/?next=/admin/")
        page.locator("[name=username]").fill(USERNAME)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[type=submit]").click()
        page.wait_for_url(f"{unfold.site}/admin/")
        return context.storage_state()


@pytest.fixture(params=LOOKS, ids=lambda look: look[0])
def page(request: pytest.FixtureRequest, new_context: Any, session: Any) -> Page:
    theme, width = request.param
    context = new_context(storage_state=session, color_scheme=theme, viewport={"width": width, "height": 900})
    return context.new_page()


def is_readable(page: Page, selector: str) -> bool:
    """Whether text and ground are as far apart as they should be, and the ground as the theme wants it."""
    seen = page.locator(selector).first.evaluate(LIGHTNESS)
    is_dark = page.evaluate("document.documentElement.classList.contains('dark')")
    return seen["ground"] < 64 < 160 < seen["text"] if is_dark else seen["text"] < 96 < 200 < seen["ground"]


def test_every_page_is_whole_and_readable(page: Page, unfold: Demo):
    dashboard = DashboardPage(page).open(unfold.dashboard).live()
    task = dashboard.tasks.filter(has_text="failed").first.get_by_role("link").get_attribute("href")
    pool = page.get_by_role("link", name="default", exact=True).get_attribute("href")
    assert is_readable(page, ".pa-card")
    assert page.evaluate(OVERFLOW) <= 0

    page.goto(f"{unfold.site}{pool}")
    expect(page.locator("[data-list=tiles] > li")).not_to_have_count(0)
    assert is_readable(page, ".pa-card")
    assert page.evaluate(OVERFLOW) <= 0

    page.goto(f"{unfold.dashboard}instances/")
    expect(page.locator(".pa-process")).to_contain_text("live")
    assert is_readable(page, ".pa-process")
    assert page.evaluate(OVERFLOW) <= 0

    page.goto(f"{unfold.site}{task}")
    expect(page.locator(".pa-task")).to_contain_text(re.compile("failed.*waited", re.DOTALL))
    assert is_readable(page, ".pa-task")
    assert is_readable(page, ".poolapp-verbatim")
    assert page.evaluate(OVERFLOW) <= 0

    page.goto(f"{unfold.site}/admin/poolapp/taskrecord/")
    expect(page.get_by_role("link", name="make_thumbnails").first).to_be_visible()


def test_workers_are_restarted_from_it(page: Page, unfold: Demo):
    dashboard = DashboardPage(page).open(unfold.dashboard).live()

    dashboard.restart_button.click()
    dashboard.question.get_by_role("button", name="Restart workers").click()

    expect(dashboard.outcome).to_have_text(re.compile(r"^Done: (\d+) of \1 workers were replaced\.$"))
