"""The dashboard shows the pool as it works, without being loaded again."""

from __future__ import annotations

import os
import re
import signal

import pytest
from playwright.sync_api import expect

from tests.browser.dashboard import DashboardPage
from tests.project import pictures

PHOTOS = [(f"photo{number}.jpg", pictures.jpeg(800, 600)) for number in range(3)]


def test_it_is_found_in_the_admin_and_comes_alive(administrator, demo):
    administrator.goto(f"{demo.site}/admin/")

    administrator.locator("#content").get_by_role("link", name="Dashboard", exact=True).click()

    administrator.wait_for_url(demo.dashboard)
    dashboard = DashboardPage(administrator).live()
    expect(dashboard.workers).not_to_have_count(0)
    expect(administrator.get_by_role("img", name=re.compile("^Throughput, tasks a second"))).to_be_visible()


def test_figures_events_and_tasks_move_without_a_reload(dashboard, demo):
    executed, tasks = dashboard.executed, dashboard.task_ids
    navigations = []
    dashboard.page.on("framenavigated", lambda frame: navigations.append(frame.url))

    results = demo.upload(*PHOTOS)

    assert [result["ok"] for result in results] == [True] * 3
    expect(dashboard.figure("Executed")).to_have_text(f"{executed + 3:,}")
    expect(dashboard.tasks_except(tasks).filter(has_text="executed")).to_have_count(3)
    for task_id in dashboard.task_ids - tasks:
        expect(dashboard.end_of(task_id)).to_contain_text("make_thumbnails finished in")
    assert not navigations


def test_a_latest_task_leads_to_its_record(dashboard, demo):
    tasks = dashboard.task_ids
    [result] = demo.upload(("photo.jpg", pictures.jpeg()))

    dashboard.open_record(dashboard.tasks_except(tasks).filter(has_text="executed"))

    page = dashboard.page
    expect(page.get_by_role("heading", name="gallery.tasks.make_thumbnails (executed)")).to_be_visible()
    expect(page.locator(".field-worker_pid")).to_contain_text(str(result["worker_pid"]))


def test_a_failed_task_says_why_and_its_record_has_the_traceback(dashboard, demo):
    tasks = dashboard.task_ids
    [result] = demo.upload(("notes.jpg", b"just text"))

    failed = dashboard.tasks_except(tasks).filter(has_text="failed")
    expect(failed).to_contain_text(result["error"])
    dashboard.open_record(failed)

    expect(dashboard.page.locator(".field-error")).to_contain_text(result["error"])
    expect(dashboard.page.locator(".field-traceback_text")).to_contain_text("in make_thumbnails")


def test_the_name_of_the_only_pool_goes_without_saying(dashboard, demo):
    demo.upload(("photo.jpg", pictures.jpeg()))

    told = dashboard.told("finished in").first
    expect(told).to_be_visible()
    expect(told.locator("[data-field=pool]")).to_be_hidden()
    expect(dashboard.tasks.first.locator("[data-field=pool]")).to_be_hidden()


def test_problems_can_be_read_by_themselves(dashboard, demo):
    demo.upload(*PHOTOS, ("notes.jpg", b"just text"))
    expect(dashboard.told("finished in").first).to_be_visible()

    dashboard.page.get_by_text("Problems", exact=True).click()

    expect(dashboard.told("failed").first).to_be_visible()
    expect(dashboard.told("finished in")).to_have_count(0)


def test_a_killed_worker_is_named_and_replaced(dashboard, demo):
    pid = int(dashboard.slot(0).locator("[data-field=pid]").inner_text())

    os.kill(pid, signal.SIGKILL)

    expect(dashboard.told(f"Worker 0 was lost (process {pid}): killed by SIGKILL")).to_be_visible()
    expect(dashboard.worker(pid)).to_have_count(0)
    expect(dashboard.slot(0).locator("[data-field=pid]")).to_have_text(re.compile(r"^\d+$"))
    expect(dashboard.slot(0).locator("[data-field=state]")).to_have_text("idle")
    assert pid not in dashboard.pids
    expect(dashboard.page.get_by_text(re.compile(r"^\d+ workers? lost$"))).to_be_visible()
    assert demo.upload(PHOTOS[0])[0]["ok"]


@pytest.mark.timeout(150)
def test_what_needs_attention_is_said_and_leads_on(dashboard, demo):
    """Failures of other tests may need it too, for a minute."""
    attention = dashboard.page.locator("[data-role=attention]")
    held = attention.get_by_role("listitem").filter(has_text="is paused")
    expect(held).to_have_count(0)
    dashboard.page.get_by_role("link", name="default", exact=True).click()
    dashboard.page.get_by_role("button", name="Pause", exact=True).click()
    expect(dashboard.page.locator("[data-field=shown_state]").first).to_have_text("paused")
    dashboard.open(demo.dashboard)

    expect(held).to_contain_text("default is paused; 0 tasks wait.")
    expect(attention.get_by_text("Nothing needs attention.")).to_be_hidden()
    held.get_by_role("link").click()
    dashboard.page.get_by_role("button", name="Resume", exact=True).click()
    dashboard.open(demo.dashboard).live()

    expect(held).to_have_count(0)
    expect(attention.get_by_text("Nothing needs attention.")).to_be_visible(timeout=90_000)
