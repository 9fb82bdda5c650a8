"""The way from the overview to the cause and out of it, as somebody goes it who does not know what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.chromium import log_in
from tests.browser.demo import Demo, running_demo
from tests.browser.drills import SETTINGS

# The troubles need a history of some seconds before anything can be said about them.
PATIENCE = 60_000


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The shop on its worst day: all its troubles at once."""
    with running_demo(tmp_path_factory.mktemp("shop"), SETTINGS, POOLAPP_DRILL="everything") as demo:
        yield demo


@pytest.fixture
def overview(shop: Demo, new_context: Callable[..., BrowserContext]) -> Page:
    page = new_context().new_page()
    log_in(page, shop)
    page.goto(shop.dashboard)
    return page


def said(page: Page, finding: str) -> Locator:
    """What needs attention, once that is said."""
    found = page.locator("[data-list=findings] li").filter(has_text=re.compile(finding))
    expect(found).to_be_visible(timeout=PATIENCE)
    return found


def test_which_task_fails_most(overview):
    finding = said(overview, "tasks failed in the last")

    expect(finding).to_contain_text(re.compile(r"most often charge_card \(\d+\)"))
    finding.get_by_role("link").click()
    failed = overview.locator("#result_list tbody tr").filter(has_text="CardDeclined").first
    expect(failed).to_be_visible()
    failed.get_by_role("link").first.click()
    expect(overview.locator(".field-traceback_text")).to_contain_text("the bank said no")


def test_which_worker_hangs_and_out_of_it(overview):
    """A restart that waits for the worker does not help, nor is it in the way of one that does not."""
    said(overview, r"^\s*Worker \d of default may hang: it is at sync_stock").get_by_role("link").click()

    tile = overview.locator("[data-list=tiles] > [data-overdue]")
    expect(tile).to_contain_text("sync_stock")
    expect(tile).to_have_count(1)
    outcome = overview.locator("[data-role=controls] [data-role=outcome]")
    restart(overview, tile, "It finishes what it is doing")
    expect(outcome).to_have_text(re.compile("^Restarting: 0 of 1"))
    expect(tile).to_contain_text("retiring")
    tile.get_by_label("hard").check()
    restart(overview, tile, "Its process is killed at once")
    expect(outcome).to_have_text("Done: 1 of 1 workers were replaced.")
    expect(tile).to_have_count(0)


def restart(page: Page, tile: Locator, explanation: str) -> None:
    slot = tile.locator("[data-field=slot]").inner_text()
    tile.get_by_role("button", name="Restart").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"Restart worker {slot} of default?")
    expect(page.get_by_role("dialog")).to_contain_text(explanation)
    page.get_by_role("dialog").get_by_role("button", name="Restart worker").click()


def test_why_the_queue_grows(overview):
    finding = said(overview, r"^\s*The queue of default grows")

    expect(finding).to_contain_text(re.compile(r"[\d.]+/s come and [\d.]+/s are done; \d of 4 workers are busy"))
    expect(finding).to_contain_text(re.compile(r"\d\d% of their time goes to render_report"))
    finding.get_by_role("link").click()
    costliest = overview.locator("[data-list=names] tr").first
    expect(costliest).to_contain_text("render_report")
    expect(costliest.locator("[data-field='run_time.median']")).to_have_text(re.compile(r"^6\d\d ms$"))
