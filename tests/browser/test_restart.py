"""The restart button: it asks, replaces every worker, tells so, and the pool serves all the while."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import expect

from tests.browser.demo import Demo
from tests.project import pictures


@contextmanager
def uploads_all_the_while(demo: Demo) -> Iterator[Future[list[dict[str, Any]]]]:
    """Posts one photo after another; the future has all results at the end."""
    over = threading.Event()
    image = pictures.noisy(600, 400)

    def keep_posting() -> list[dict[str, Any]]:
        results = demo.upload(("photo.jpg", image))
        while not over.is_set():
            results += demo.upload(("photo.jpg", image))
        return results

    with ThreadPoolExecutor(1) as visitor:
        try:
            yield visitor.submit(keep_posting)
        finally:
            over.set()


def test_every_worker_is_replaced_while_the_pool_serves(dashboard, demo):
    old = dashboard.pids

    with uploads_all_the_while(demo) as uploads:
        dashboard.restart_button.click()
        expect(dashboard.question).to_contain_text("Restart the workers of default?")
        dashboard.question.get_by_role("button", name="Restart workers").click()

        expect(dashboard.outcome).to_have_text(re.compile(r"^Done: (\d+) of \1 workers were replaced\.$"))
        for pid in old:
            expect(dashboard.worker(pid)).to_have_count(0)

    assert dashboard.pids
    assert all(result["ok"] for result in uploads.result())
    assert uploads.result()[-1]["worker_pid"] not in old
    expect(dashboard.badge).to_have_text("live")


def test_who_says_cancel_restarts_nothing(dashboard):
    old = dashboard.pids

    dashboard.restart_button.click()
    dashboard.question.get_by_role("button", name="Cancel").click()

    expect(dashboard.question).to_be_hidden()
    expect(dashboard.outcome).to_be_empty()
    assert dashboard.pids == old
