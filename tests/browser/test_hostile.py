"""Whatever a frame of the socket says is text to the live dashboard."""

from __future__ import annotations

import json
import re
import time
from typing import Any

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.dashboard import DashboardPage

HOSTILE = "<img src=x onerror='window.hit = 1'><script>window.hit = 1</script>\u202e&lt;\"\x1b[31m"
# Scripts that stand in the page itself; those of the page are files, or data.
OWN_SCRIPTS = "script:not([src]):not([type='application/json'])"
VISIBLE = re.compile(re.escape("<img src=x onerror='window.hit = 1'><script>"))


def spoiled(message: str) -> str:
    """A frame whose every text is hostile that a task, a worker or a host can bring in."""
    frame: dict[str, Any] = json.loads(message)
    for pool in frame["pools"]:
        pool["trouble"] = HOSTILE
        for worker in pool["workers"]:
            worker["task"] = HOSTILE
            worker["running_since"] = time.time() - 60
    alias = frame["pools"][0]["alias"] if frame["pools"] else "default"
    origin = {"pool": alias, "host": HOSTILE, "pid": 1, "at": time.time()}
    frame["events"] += [
        {"event": "error", "error": HOSTILE, **origin},
        {"event": HOSTILE, **origin},
        {"event": "worker_exit", "reason": HOSTILE, "slot": HOSTILE, "worker_pid": HOSTILE, **origin},
        {"event": "task_finished", "task_id": HOSTILE, "task": HOSTILE, "status": "failed", "error": HOSTILE, **origin},
    ]
    return json.dumps(frame)


def spoil_frames(page: Page) -> None:
    """Let the page have hostile frames in place of those of the server."""

    def pass_on(browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()
        server.on_message(lambda message: browser.send(spoiled(str(message))))

    page.route_web_socket(re.compile("/ws/poolapp/"), pass_on)


def test_hostile_frames_are_only_text(administrator: Page, demo):
    spoil_frames(administrator)

    DashboardPage(administrator).open(demo.dashboard).live()

    expect(administrator.get_by_text(VISIBLE).first).to_be_visible()
    assert administrator.get_by_text(VISIBLE).count() > 2
    expect(administrator.locator("img[src=x]")).to_have_count(0)
    expect(administrator.locator(OWN_SCRIPTS)).to_have_count(0)
    assert administrator.evaluate("window.hit") is None
