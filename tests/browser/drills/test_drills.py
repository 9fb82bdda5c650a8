"""The way from the overview to the cause and out of it, as somebody goes it who does not know what is wrong."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chromium import log_in
from tests.browser.demo import Demo, running_demo
from tests.browser.drills import SETTINGS

# The troubles need a history of some seconds before anything can be said about them.
PATIENCE = 60_000


@pytest.fixture
def shop(tmp_path: Path, new_context: Callable[..., object]) -> Iterator[Callable[[str], tuple[Page, Locator]]]:
    """Serves a shop in trouble; gives its overview, and what needs attention there once that is said."""
    with ExitStack() as stack:

        def serve(trouble: str, finding: str) -> tuple[Page, Locator]:
            demo: Demo = stack.enter_context(running_demo(tmp_path, SETTINGS, POOLAPP_DRILL=trouble))
            page = new_context().new_page()
            log_in(page, demo)
            page.goto(demo.dashboard)
            said = page.locator("[data-list=findings] li").filter(has_text=re.compile(finding))
            expect(said).to_be_visible(timeout=PATIENCE)
            return page, said

        yield serve


def looked(page: Page, said: Locator) -> float:
    """Follow the link of a finding; gives when."""
    began = time.monotonic()
    said.get_by_role("link").click()
    return began


def tell(record_property: Callable[[str, object], None], began: float) -> None:
    record_property("seconds", round(time.monotonic() - began, 1))


def test_which_task_fails_most(shop, record_property):
    page, said = shop("failures", r"tasks failed in the last")

    expect(said).to_contain_text(re.compile(r"most often charge_card \(\d+\)"))
    began = looked(page, said)
    failed = page.locator("#result_list tbody tr").filter(has_text="CardDeclined").first
    expect(failed).to_be_visible()
    failed.get_by_role("link").first.click()
    expect(page.locator(".field-traceback_text")).to_contain_text("the bank said no")
    tell(record_property, began)


def test_which_worker_hangs_and_out_of_it(shop, record_property):
    page, said = shop("hang", r"^\s*Worker \d of default may hang: it is at sync_stock")

    began = looked(page, said)
    tile = page.locator("[data-list=tiles] > [data-overdue]")
    expect(tile).to_contain_text("sync_stock")
    expect(tile).to_have_count(1)
    tile.get_by_label("hard").check()
    tile.get_by_role("button", name="Restart").click()
    page.get_by_role("dialog").get_by_role("button", name="Restart worker").click()
    expect(page.locator("[data-list=exits]")).to_contain_text("hard restart")
    expect(tile).to_have_count(0)
    tell(record_property, began)


def test_why_the_queue_grows(shop, record_property):
    page, said = shop("queue", r"^\s*The queue of default grows")

    expect(said).to_contain_text(
        re.compile(r"[\d.]+/s come and [\d.]+/s are done; 4 of 4 workers are busy, \d of them with")
    )
    began = looked(page, said)
    costliest = page.locator("[data-role=names] tbody tr").first
    expect(costliest).to_contain_text("render_report")
    expect(costliest.locator("[data-field='run_time.median']")).to_have_text(re.compile("^6\\d\\d ms$"))
    tell(record_property, began)
