"""Where the figures come from: a socket, without one the data address; and a badge that admits when they are old."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.browser.dashboard import DashboardPage
from tests.project import pictures

SOCKET = re.compile(r"/ws/poolapp/$")
WENT_WRONG = 1011
HIDDEN = "Object.defineProperty(document, 'hidden', { get: () => true })"
POOLS = re.compile(r'"pools": \[.*\], "events": \[.*\], "dropped"')


class Line:
    """Between a page and its socket: passes everything on, until it is cut."""

    def __init__(self, page: Page) -> None:
        self.is_cut = False
        self._sockets: list[WebSocketRoute] = []
        page.route_web_socket(SOCKET, self._connect)

    def cut(self) -> None:
        self.is_cut = True
        for socket in self._sockets:
            socket.close(code=WENT_WRONG)

    def mend(self) -> None:
        self.is_cut = False

    def _connect(self, socket: WebSocketRoute) -> None:
        if self.is_cut:
            socket.close(code=WENT_WRONG)
        else:
            socket.connect_to_server()
            self._sockets.append(socket)


def test_without_a_socket_the_page_polls(administrator, demo):
    Line(administrator).cut()
    dashboard = DashboardPage(administrator).open(demo.dashboard)
    expect(dashboard.badge).to_have_text("polling")
    executed = dashboard.executed

    demo.upload(("photo.jpg", pictures.jpeg()))

    expect(dashboard.figure("Executed")).to_have_text(f"{executed + 1:,}")
    expect(dashboard.badge).to_have_text("polling")


def test_a_lost_socket_is_opened_again(administrator, demo):
    line = Line(administrator)
    dashboard = DashboardPage(administrator).open(demo.dashboard).live()

    line.cut()
    expect(dashboard.badge).to_have_text("polling")

    line.mend()
    dashboard.live()


def test_a_silent_server_makes_the_figures_stale(dashboard, demo):
    with demo.frozen():
        expect(dashboard.badge).to_have_text(re.compile(r"^stale since \d+ s$"))
        expect(dashboard.page.locator(".pa-figures")).to_have_css("opacity", "0.6")

    dashboard.live()
    expect(dashboard.page.locator(".pa-figures")).to_have_css("opacity", "1")


def test_the_reader_chooses_how_often_figures_come(dashboard, demo, administrator):
    dashboard.page.get_by_label("Refresh").select_option("every second")
    expect(dashboard.badge).to_have_text("polling")
    executed = dashboard.executed
    demo.upload(("photo.jpg", pictures.jpeg()))
    expect(dashboard.figure("Executed")).to_have_text(f"{executed + 1:,}")
    dashboard.page.get_by_label("Refresh").select_option("off")
    expect(dashboard.badge).to_have_text(re.compile(r"^off, \d+ s old$"))

    demo.upload(("photo.jpg", pictures.jpeg()))
    expect(dashboard.badge).to_have_text(re.compile(r"^off, [4-9] s old$"))

    expect(dashboard.figure("Executed")).to_have_text(f"{executed + 1:,}")
    dashboard.page.reload()
    expect(dashboard.badge).to_have_text(re.compile(r"^off, "))
    expect(dashboard.page.get_by_label("Refresh")).to_have_value("off")
    dashboard.page.get_by_label("Refresh").select_option("live")
    dashboard.live()
    expect(dashboard.figure("Executed")).to_have_text(f"{executed + 2:,}")


def test_a_tab_that_is_born_hidden_is_paused_after_a_while(administrator, demo):
    administrator.clock.install()
    administrator.add_init_script(HIDDEN)
    dashboard = DashboardPage(administrator).open(demo.dashboard).live()

    administrator.clock.fast_forward(11_000)

    expect(dashboard.badge).to_have_text("paused")


def test_a_reader_whose_clock_is_wrong_sees_the_servers_time(administrator, demo):
    def without_pools(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=POOLS.sub('"pools": [], "events": [], "dropped"', answer.text()))

    Line(administrator).cut()
    administrator.route(demo.dashboard, without_pools)
    administrator.route("**/dashboard/data/", lambda route: route.fulfill(body="no frame"))
    administrator.clock.install(time=0)
    DashboardPage(administrator).open(demo.dashboard)
    expect(administrator.get_by_text("connecting", exact=True).first).to_be_visible()

    shown = administrator.locator("[data-role=as-of]").get_attribute("datetime")

    assert shown is not None
    assert abs(datetime.fromisoformat(shown) - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "answer, words",
    [
        ({"body": "no findings"}, r"stale since \d+ s$"),
        ({"status": 302, "headers": {"Location": "/admin/login/"}}, r"signed out: reload the page$"),
    ],
    ids=["no answer", "signed out"],
)
def test_that_nothing_needs_attention_is_not_said_when_nobody_knows(administrator, demo, answer, words):
    administrator.clock.install()
    dashboard = DashboardPage(administrator).open(demo.dashboard).live()
    said = administrator.locator("[data-role=attention-old]")
    administrator.route("**/dashboard/attention/", lambda route: route.fulfill(**answer))

    administrator.clock.fast_forward(9_000)

    expect(said).to_have_text(re.compile(f"^What needs attention may have changed: {words}"))
    expect(said).to_be_visible()
    expect(administrator.get_by_text("Nothing needs attention.")).to_be_hidden()
    administrator.unroute_all()
    dashboard.live()
