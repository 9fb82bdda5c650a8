"""What comes over the socket of an open dashboard, as Chromium tells: bytes and frames in a second."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession

from tests.benchmarks.figures import Sheet
from tests.browser.figures.site import Site, running_site

POOLS = (20, 256)


@dataclass
class Ear:
    """Counts the frames of a page's sockets, and their bytes once they are unpacked.

    is_packed: whether the server agreed to compress them on the way.
    """

    session: CDPSession
    sizes: list[int] = field(default_factory=list)
    is_packed: bool = False

    def __post_init__(self) -> None:
        self.session.on("Network.webSocketFrameReceived", self._heard)
        self.session.on("Network.webSocketHandshakeResponseReceived", self._agreed)
        self.session.send("Network.enable")

    def _heard(self, message: Any) -> None:
        self.sizes.append(len(message["response"]["payloadData"].encode()))

    def _agreed(self, message: Any) -> None:
        headers = {name.lower(): value for name, value in message["response"]["headers"].items()}
        self.is_packed |= "permessage-deflate" in headers.get("sec-websocket-extensions", "")


def measure(sheet: Sheet, rounds: int, seconds: float) -> list[str]:
    """Add the figures of pools of several sizes, idle and under load; the subjects."""
    subjects = []
    for workers in POOLS:
        with running_site(workers) as site:
            ear = Ear(site.page.context.new_cdp_session(site.page))
            site.open(site.overview)
            for subject in (f"{workers} workers, idle", f"{workers} workers, under load"):
                subjects.append(subject)
                for _ in range(rounds):
                    listen(sheet, subject, site, ear, seconds)
    return subjects


def listen(sheet: Sheet, subject: str, site: Site, ear: Ear, seconds: float) -> None:
    note = f"the socket is {'compressed' if ear.is_packed else 'not compressed'}"
    with nullcontext() if "idle" in subject else site.load():
        site.page.wait_for_timeout(1000)
        ear.sizes.clear()
        began = time.perf_counter()
        site.page.wait_for_timeout(1000 * seconds)
        elapsed = time.perf_counter() - began
        sizes = list(ear.sizes)
    sheet.add(subject, "received", "KB/s", sum(sizes) / 1000 / elapsed, note)
    sheet.add(subject, "frames", "frames/s", len(sizes) / elapsed)
    sheet.add(subject, "size of a frame", "KB", sum(sizes) / 1000 / len(sizes))
