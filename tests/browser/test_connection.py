"""Where the figures come from: a socket, without one the data address; and a badge that admits when they are old."""

from __future__ import annotations

import re

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.dashboard import DashboardPage
from tests.project import pictures

SOCKET = re.compile(r"/ws/poolapp/$")


def sockets_of(page: Page) -> list[WebSocketRoute]:
    """The sockets that the page opens from now on: they work, and can be cut."""
    sockets: list[WebSocketRoute] = []

    def connect(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket(SOCKET, connect)
    return sockets


def test_without_a_socket_the_page_polls(administrator, demo):
    administrator.route_web_socket(SOCKET, lambda socket: socket.close(code=1011))
    dashboard = DashboardPage(administrator).open(demo.dashboard)
    expect(dashboard.badge).to_have_text("polling")
    executed = dashboard.executed

    demo.upload(("photo.jpg", pictures.jpeg()))

    expect(dashboard.figure("Executed")).to_have_text(f"{executed + 1:,}")
    expect(dashboard.badge).to_have_text("polling")


def test_a_cut_socket_is_opened_again(administrator, demo):
    sockets = sockets_of(administrator)
    dashboard = DashboardPage(administrator).open(demo.dashboard).live()
    executed = dashboard.executed

    sockets[0].close(code=1011)
    expect(dashboard.badge).to_have_text("polling")
    dashboard.live()

    demo.upload(("photo.jpg", pictures.jpeg()))
    expect(dashboard.figure("Executed")).to_have_text(f"{executed + 1:,}")
    assert len(sockets) == 2


def test_a_silent_server_makes_the_figures_stale(dashboard, demo):
    with demo.frozen():
        expect(dashboard.badge).to_have_text(re.compile(r"^stale since \d+ s$"))

    dashboard.live()
