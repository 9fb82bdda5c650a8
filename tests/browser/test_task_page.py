"""The page of a task that runs: it says so, and its button ends it."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import expect

from tests.project import pictures

PHOTOS = 16


def test_a_task_that_waits_or_runs_is_cancelled(dashboard, demo):
    """With more photos than workers, one of the last that were posted still waits when its page is opened."""
    photos = [(f"photo{number}.jpg", pictures.noisy(3000, 2000)) for number in range(PHOTOS)]
    page = dashboard.page
    with ThreadPoolExecutor(1) as visitor:
        upload = visitor.submit(demo.upload, *photos)
        waits = dashboard.tasks.filter(has_text="queued").first
        address = waits.get_by_role("link").get_attribute("href")
        page.goto(f"{demo.site}{address}")
        page.get_by_role("button", name="Cancel this task").click()

        expect(page.locator("[data-role=outcome]")).to_have_text(re.compile("^Done: the task was (cancelled|aborted)"))
        expect(page.locator(".pa-task .pa-pill")).to_have_text(re.compile("cancelled|failed"), timeout=20_000)
        upload.result()


def test_the_keys_of_its_time_can_be_seen(dashboard, demo):
    demo.upload(("photo.jpg", pictures.jpeg()))
    dashboard.open_record(dashboard.tasks.filter(has_text="executed").first)

    keys = dashboard.page.locator(".pa-timeline-says .pa-key")
    seen = keys.evaluate_all("keys => keys.map(key => [key.offsetWidth, getComputedStyle(key).borderTopColor])")
    assert [width for width, _ in seen] == [16, 16]
    assert len({colour for _, colour in seen}) == 2
