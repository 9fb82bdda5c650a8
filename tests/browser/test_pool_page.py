"""The page of one pool: its workers as they work, what can be asked of it, and what came of that."""

from __future__ import annotations

import os
import re
import signal

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chromium import log_in
from tests.browser.dashboard import DashboardPage
from tests.browser.demo import Demo
from tests.project import pictures

PHOTOS = [(f"photo{number}.jpg", pictures.jpeg(800, 600)) for number in range(3)]


class PoolPage(DashboardPage):
    """The page of the demo's one pool."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.tiles = page.locator("[data-list=tiles] > li")
        self.names = page.locator("[data-list=names] tr")
        self.controls = page.locator("section[data-role=controls]")
        self.said = self.controls.locator("[data-role=outcome]")

    def tile(self, pid: int) -> Locator:
        return self.tiles.filter(has=self.page.locator("[data-field=pid]", has_text=re.compile(f"^{pid}$")))

    @property
    def tile_pids(self) -> set[int]:
        return {int(text) for text in self.tiles.locator("[data-field=pid]").all_inner_texts()}

    def state(self) -> Locator:
        return self.page.locator("[data-field=shown_state]")

    def press(self, name: str) -> None:
        self.controls.get_by_role("button", name=name, exact=True).click()

    def confirm(self, name: str) -> None:
        self.question.get_by_role("button", name=name, exact=True).click()


@pytest.fixture
def pool(dashboard: DashboardPage, demo: Demo) -> PoolPage:
    """The page, as the dashboard leads to it."""
    dashboard.page.get_by_role("link", name="default", exact=True).click()
    page = PoolPage(dashboard.page)
    page.live()
    return page


def test_the_dashboard_leads_to_it_and_it_moves_without_a_reload(pool, demo):
    executed = pool.executed

    demo.upload(*PHOTOS)

    expect(pool.figure("Executed")).to_have_text(f"{executed + 3:,}")
    mine = pool.names.filter(has_text="make_thumbnails")
    expect(mine.locator("[data-field=executed]")).to_have_text(f"{executed + 3:,}")
    assert len(pool.tile_pids) == pool.tiles.count()
    expect(pool.tiles.first).to_contain_text(re.compile(r"memory\s*[\d.]+ MB"))
    expect(pool.tiles.first).to_contain_text(re.compile(r"CPU\s*\d+%"))


def test_tasks_by_name_can_be_sorted(pool, demo):
    demo.upload(("photo.jpg", pictures.jpeg()))
    expect(pool.names).not_to_have_count(0)
    head = pool.page.get_by_role("columnheader", name="Task")

    head.get_by_role("button").click()

    expect(head).to_have_attribute("aria-sort", "ascending")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")


def test_pause_and_resume(pool, demo):
    pool.press("Pause")

    expect(pool.said).to_have_text("Done: the pool is paused.")
    expect(pool.state()).to_have_text("paused")
    expect(pool.controls.get_by_role("button", name="Pause", exact=True)).to_be_hidden()
    pool.press("Resume")
    expect(pool.said).to_have_text("Done: the pool takes up work again.")
    expect(pool.state()).to_have_text("ready")
    assert all(result["ok"] for result in demo.upload(*PHOTOS))


def test_whoever_pauses_by_key_goes_on_at_resume(pool):
    pause, resume = (pool.controls.get_by_role("button", name=name, exact=True) for name in ("Pause", "Resume"))
    pause.focus()

    pool.page.keyboard.press("Enter")
    pool.page.keyboard.press("Enter")  # is done only once

    expect(resume).to_be_focused()
    expect(pool.said).to_have_text("Done: the pool is paused.")
    pool.page.keyboard.press("Enter")
    expect(pause).to_be_focused()
    expect(pool.said).to_have_text("Done: the pool takes up work again.")


def test_a_request_of_somebody_signed_out_says_so(pool):
    pool.page.context.clear_cookies(name="sessionid")

    pool.press("Pause")

    expect(pool.said).to_have_text("You are signed out, or may not do this any more: reload the page.")
    expect(pool.state()).to_have_text("ready")


def test_a_request_without_an_answer_leaves_its_button_usable(pool):
    pool.page.route("**/dashboard/control/", lambda route: route.fulfill(body="no answer"))
    pool.press("Pause")
    expect(pool.said).to_contain_text("No answer from the server.")

    pool.page.unroute_all()
    pool.press("Pause")

    expect(pool.said).to_have_text("Done: the pool is paused.")
    pool.press("Resume")
    expect(pool.state()).to_have_text("ready")


def test_figures_that_no_more_come_are_said_to_be_old(pool):
    pool.page.clock.install()
    pool.page.reload()
    pool.live()
    pool.page.route("**/figures/", lambda route: route.fulfill(body="no figures"))

    pool.page.clock.fast_forward(9_000)

    for name in ("Tasks by name", "Workers lost"):
        head = pool.page.locator(".pa-head").filter(has=pool.page.get_by_role("heading", name=name))
        expect(head.locator("[data-role=figures-age]")).to_have_text(re.compile(r"^stale since \d+ s$"))


def test_drain_and_resume(pool, demo):
    pool.press("Drain")
    pool.confirm("Drain")

    expect(pool.said).to_have_text("Done: the pool takes no new tasks and finishes those that it has.")
    expect(pool.state()).to_have_text("drained")
    refused = demo.upload(*PHOTOS)
    pool.press("Resume")
    expect(pool.state()).to_have_text("ready")
    assert not any(result["ok"] for result in refused)
    assert all(result["ok"] for result in demo.upload(*PHOTOS))


def test_it_is_resized_and_its_workers_come_and_go(pool):
    low, high = pool.controls.get_by_label("at least"), pool.controls.get_by_label("at most")
    before = low.input_value(), high.input_value()

    low.fill("3")
    high.fill("3")
    pool.press("Resize")

    expect(pool.said).to_have_text("Done: the pool has 3 to 3 workers.")
    expect(pool.tiles).to_have_count(3)
    low.fill(before[0])
    high.fill(before[1])
    pool.press("Resize")
    expect(pool.said).to_have_text(f"Done: the pool has {before[0]} to {before[1]} workers.")


def test_a_size_that_cannot_be_is_refused_with_its_reason(pool):
    pool.controls.get_by_label("at least").fill("5")
    pool.controls.get_by_label("at most").fill("2")

    pool.press("Resize")

    expect(pool.said).to_contain_text("failed")
    expect(pool.said).to_contain_text("size")


def test_the_strategy_is_changed(pool):
    pool.controls.get_by_label("choose workers by").select_option("fair_share")
    pool.press("Change strategy")

    expect(pool.said).to_have_text("Done: workers are chosen by fair_share.")
    expect(pool.page.locator("[data-field=strategy]")).to_have_text("fair_share")
    pool.controls.get_by_label("choose workers by").select_option("least_used")
    pool.press("Change strategy")
    expect(pool.said).to_have_text("Done: workers are chosen by least_used.")


def test_one_worker_is_restarted(pool):
    chosen, *others = sorted(pool.tile_pids)

    pool.tile(chosen).get_by_role("button", name="Restart").click()
    expect(pool.question).to_contain_text(re.compile(r"Restart worker \d+ of default\?"))
    pool.confirm("Restart worker")

    expect(pool.tile(chosen)).to_have_count(0)
    for pid in others:
        expect(pool.tile(pid)).to_have_count(1)


def test_all_workers_are_restarted(pool):
    old = pool.tile_pids

    pool.press("Restart all workers")
    pool.confirm("Restart workers")

    expect(pool.said).to_have_text(re.compile(r"^Done: (\d+) of \1 workers were replaced\.$"))
    for pid in old:
        expect(pool.tile(pid)).to_have_count(0)


def test_a_worker_that_dies_is_listed_with_its_reason(pool):
    victim = min(pool.tile_pids)

    os.kill(victim, signal.SIGKILL)

    expect(pool.tile(victim)).to_have_count(0)
    expect(pool.page.locator("[data-list=exits] li").first).to_contain_text(f"(process {victim})")
    expect(pool.page.locator("[data-list=exits] li").first).to_contain_text("SIGKILL")


@pytest.mark.parametrize(
    "seconds, p99, overdue",
    [
        (6, 0.1, True),
        (4, 0.1, False),
        (6, 4, False),
        (9, 4, True),
        (59, None, False),
        (61, None, True),
        (None, 0.1, False),
    ],
)
def test_a_task_that_takes_much_longer_than_others_is_told(pool, seconds, p99, overdue):
    """At least five seconds, and twice what 99 of a hundred take; a minute where none has ended yet."""
    ask = """async ([seconds, p99]) => {
        const address = document.querySelector("script[src$='pool.js']").src.replace("pool.js", "pools.js");
        const { patience } = JSON.parse(document.getElementById("poolapp-state").textContent);
        return (await import(address)).isOverdue(seconds, { run_time: { p99 } }, patience);
    }"""

    assert pool.page.evaluate(ask, [seconds, p99]) is overdue


def test_who_may_only_look_has_nothing_to_press(new_context, demo):
    demo.make_staff("wanda", "view_dashboard")
    page = new_context().new_page()
    log_in(page, demo, "wanda")
    DashboardPage(page).open(demo.dashboard).live()
    page.get_by_role("link", name="default", exact=True).click()

    watched = PoolPage(page).live()
    expect(watched.page.locator("[data-list=tiles] > li")).not_to_have_count(0)
    expect(watched.page.locator("#poolapp form[method=post]")).to_have_count(0)
