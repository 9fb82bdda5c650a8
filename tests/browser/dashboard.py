"""The dashboard as somebody sees it: its figures, workers, events and tasks by name."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Locator, Page, expect

SECONDS_TO_RECORD = 5
UNFINISHED = re.compile("queued|running")


class DashboardPage:
    """A page that shows the dashboard of the demo's one pool."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.badge = page.locator("[data-badge]")
        self.workers = page.locator("[data-list=workers] tr")
        self.events = page.locator("[data-list=events] li")
        self.tasks = page.locator("[data-list=tasks] tr")
        self.restart_button = page.get_by_role("button", name="Restart workers")
        self.question = page.get_by_role("dialog")
        self.outcome = page.locator("[data-role=outcome]")

    def open(self, address: str) -> DashboardPage:
        self.page.goto(address)
        return self

    def live(self) -> DashboardPage:
        """Wait until the badge says so."""
        expect(self.badge).to_have_text("live")
        return self

    def figure(self, label: str) -> Locator:
        """A counter of the pool, by the word above it."""
        return self.page.locator(".pa-figures > div").filter(has_text=label).locator("dd")

    @property
    def executed(self) -> int:
        return int(self.figure("Executed").inner_text().replace(",", ""))

    @property
    def pids(self) -> set[int]:
        return {int(text) for text in self.workers.locator("[data-field=pid]").all_inner_texts()}

    @property
    def task_ids(self) -> set[str]:
        return set(self.tasks.evaluate_all("rows => rows.map(row => row.dataset.key)"))

    def worker(self, pid: int) -> Locator:
        return self.workers.filter(has=self.page.locator("[data-field=pid]", has_text=re.compile(f"^{pid}$")))

    def slot(self, slot: int) -> Locator:
        return self.workers.filter(has=self.page.locator("[data-field=slot]", has_text=re.compile(f"^{slot}$")))

    def tasks_except(self, task_ids: set[str]) -> Locator:
        known = "".join(f':not([data-key="{task_id}"])' for task_id in sorted(task_ids))
        return self.page.locator(f"[data-list=tasks] tr{known}")

    def end_of(self, task_id: str) -> Locator:
        """The line in the feed that says how a task ended."""
        return self.page.locator(f'[data-list=events] [data-key="task_finished|{task_id}"]')

    def told(self, text: str | re.Pattern[str]) -> Locator:
        """The events whose line has this text."""
        return self.events.filter(has_text=text)

    def open_record(self, task: Locator) -> None:
        """Follow the link of a finished task at once: its record says so a moment later; look again until it does."""
        task.get_by_role("link").click()
        expect(self.page.locator(".field-status")).to_be_visible()
        deadline = time.monotonic() + SECONDS_TO_RECORD
        while self.page.locator(".field-status").get_by_text(UNFINISHED).count() and time.monotonic() < deadline:
            self.page.reload()
