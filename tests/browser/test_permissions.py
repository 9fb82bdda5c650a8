"""What staff see depends on what they may."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.chromium import log_in
from tests.browser.dashboard import DashboardPage
from tests.project import pictures


def test_staff_without_permission_see_no_dashboard(stranger, demo):
    demo.make_staff("clerk")
    log_in(stranger, demo, "clerk")

    expect(stranger.get_by_role("heading", name="Site administration")).to_be_visible()
    expect(stranger.get_by_role("link", name="Dashboard")).to_have_count(0)
    # Asked beside the page: there, the browser would rightly complain.
    assert stranger.request.get(demo.dashboard).status == 403


def test_who_may_only_watch_can_restart_nothing(stranger, demo):
    demo.make_staff("watcher", "view_dashboard")
    demo.upload(("photo.jpg", pictures.jpeg()))
    log_in(stranger, demo, "watcher")

    dashboard = DashboardPage(stranger).open(demo.dashboard).live()

    expect(dashboard.workers).not_to_have_count(0)
    expect(dashboard.tasks).not_to_have_count(0)
    expect(dashboard.restart_button).to_have_count(0)
    expect(dashboard.tasks.get_by_role("link")).to_have_count(0)
