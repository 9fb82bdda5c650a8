"""The demo command, run as its users run it: in a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from project.gallery.management.commands.demo import make_administrator
from tests.project import pictures

ROOT = Path(__file__).parents[2]
READY_WITHIN = 40
END_WITHIN = 5


@dataclass
class Demo:
    """A running demo: its process, what it printed, where it serves."""

    process: subprocess.Popen[str]
    output: str

    @property
    def site(self) -> str:
        return self.found(r"Gallery:\s+(\S+)/")

    def found(self, pattern: str) -> str:
        match = re.search(pattern, self.output)
        assert match, self.output
        return match[1]

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.site + path, timeout=10) as response:
            return response.read()


def start(directory: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {
        "POOLAPP_DEMO_DIR": str(directory),
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "PYTHONWARNINGS": "default",
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--port", "0", *arguments],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def wait_until_ready(process: subprocess.Popen[str]) -> Demo:
    assert process.stdout
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            return Demo(process, "".join(lines))
    raise AssertionError(f"the demo ended: {''.join(lines)}")


def stop(demo: Demo, signum: int) -> tuple[int, float]:
    started = time.monotonic()
    demo.process.send_signal(signum)
    demo.output += demo.process.communicate(timeout=READY_WITHIN)[0]
    return demo.process.returncode, time.monotonic() - started


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    with start(tmp_path) as process:
        try:
            yield wait_until_ready(process)
        finally:
            process.kill()


def upload(demo: Demo, **files: bytes) -> list[dict[str, object]]:
    boundary = "a-boundary-of-the-test"
    heading = f'--{boundary}\r\nContent-Disposition: form-data; name="images"; filename="%s.jpg"\r\n\r\n'
    parts = [(heading % name).encode() + content for name, content in files.items()]
    request = urllib.request.Request(
        f"{demo.site}/thumbnails/",
        data=b"\r\n".join([*parts, f"--{boundary}--\r\n".encode()]),
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}", "Accept": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


@pytest.mark.slow
def test_the_demo_serves_makes_thumbnails_and_ends_on_sigterm(demo):
    assert b"Photo gallery" in demo.get("/")
    assert demo.get("/static/gallery/gallery.css")
    assert demo.get("/admin/login/")

    [result] = upload(demo, a=pictures.jpeg(800, 600))
    assert result["ok"] is True
    assert result["worker_pid"] != demo.process.pid
    [url, *_] = result["thumbnails"]
    assert demo.get(url).startswith(b"\xff\xd8\xff")

    code, seconds = stop(demo, signal.SIGTERM)
    assert code == 0
    assert seconds < END_WITHIN
    assert "Traceback" not in demo.output
    assert "Warning" not in demo.output


@pytest.mark.slow
def test_control_c_ends_the_demo_in_the_middle_of_an_upload(demo):
    with socket.create_connection(("127.0.0.1", int(demo.site.rpartition(":")[2]))) as connection:
        connection.sendall(
            b"POST /thumbnails/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\nthe beginning"
        )

        code, seconds = stop(demo, signal.SIGINT)

    assert code == 0
    assert seconds < END_WITHIN
    assert "Traceback" not in demo.output


@pytest.mark.slow
def test_sigterm_ends_uploads_that_are_being_worked_on(demo, tmp_path):
    files = {f"photo{number}": pictures.noisy(3000, 2000) for number in range(4)}
    with ThreadPoolExecutor() as visitors:
        for _ in range(3):
            visitors.submit(upload, demo, **files)
        while not list(tmp_path.glob("media/photos/*/original")):
            time.sleep(0.01)

        code, seconds = stop(demo, signal.SIGTERM)

    assert code == 0, demo.output
    assert seconds < END_WITHIN
    assert "Traceback" not in demo.output


@pytest.mark.slow
def test_a_taken_port_is_told_in_one_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with start(tmp_path, "--port", str(port)) as process:
            output, _ = process.communicate(timeout=READY_WITHIN)

    assert process.returncode == 1
    assert output == f"CommandError: Port {port} of 127.0.0.1 is in use: choose another with --port.\n"


@pytest.mark.django_db
def test_the_administrator_is_made_once_and_gets_the_new_password():
    make_administrator("first password")
    make_administrator("second password")

    user = get_user_model().objects.get()
    assert user.check_password("second password")
    assert (user.username, user.is_active, user.is_staff, user.is_superuser) == ("admin", True, True, True)


@pytest.mark.django_db
def test_the_same_password_again_leaves_the_administrator_logged_in():
    make_administrator("a password")
    client = Client()
    client.login(username="admin", password="a password")

    make_administrator("a password")

    assert client.get("/admin/").status_code == 200
