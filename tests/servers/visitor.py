"""A member of staff who watches the dashboard of a running server, over HTTP and its socket."""

from __future__ import annotations

import http.cookiejar
import json
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.servers.running import Running

NAME, PASSWORD = "ada", "a password for tests"
SUPERUSER = {
    "DJANGO_SUPERUSER_USERNAME": NAME,
    "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
    "DJANGO_SUPERUSER_EMAIL": "ada@example.org",
}
DASHBOARD = "/admin/poolapp/dashboard/"


class Visitor:
    """Signed in to the admin of one server process."""

    def __init__(self, server: Running) -> None:
        self._base = f"http://127.0.0.1:{server.port}"
        self._port = server.port
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))
        self._opener.open(f"{self._base}/admin/login/")
        self.post("/admin/login/", {"username": NAME, "password": PASSWORD, "next": DASHBOARD})
        assert "sessionid" in self._cookie_values()

    def post(self, path: str, form: dict[str, Any]) -> str:
        data = urllib.parse.urlencode({**form, "csrfmiddlewaretoken": self._cookie_values()["csrftoken"]}).encode()
        request = urllib.request.Request(f"{self._base}{path}", data, {"Accept": "application/json"})
        with self._opener.open(request, timeout=20) as response:
            return str(response.read().decode())

    def get(self, path: str) -> Any:
        with self._opener.open(f"{self._base}{path}", timeout=20) as response:
            return json.load(response)

    def control(self, verb: str, pool: dict[str, Any], **arguments: Any) -> dict[str, Any]:
        """Ask a pool for something, as the dashboard does; returns the answer so far."""
        addressee = {name: pool[name] for name in ("alias", "host", "pid")}
        answer: dict[str, Any] = json.loads(self.post(f"{DASHBOARD}control/", {"verb": verb, **addressee, **arguments}))
        return answer

    def watch(self) -> ClientConnection:
        """The dashboard's socket."""
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookie_values().items())
        headers = {"Cookie": cookies, "Origin": self._base}
        return connect(f"ws://127.0.0.1:{self._port}/ws/poolapp/", additional_headers=headers, max_size=None)

    def _cookie_values(self) -> dict[str, str]:
        return {cookie.name: str(cookie.value) for cookie in self._cookies}


def frame_with(socket: ClientConnection, told: Callable[[dict[str, Any]], Any], within: float = 15.0) -> dict[str, Any]:
    """The next frame of which something is true."""
    deadline = time.monotonic() + within
    while (left := deadline - time.monotonic()) > 0:
        frame: dict[str, Any] = json.loads(socket.recv(timeout=left))
        if told(frame):
            return frame
    raise AssertionError(f"no such frame within {within} s")


def speaks_for(frame: dict[str, Any], pid: int) -> bool:
    """Whether a frame comes from this process itself, not from what others know of it."""
    return any(pool["pid"] == pid and not pool["heartbeat_age"] for pool in frame["pools"])
