"""The demo as its users run it, in a process of its own, and what scripts do with it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
USERNAME, PASSWORD = "admin", "correct horse"
SECONDS_TO_END = 10
# Django warns of each 403 with a traceback, and the pool tells its events: neither is a complaint.
COMPLAINT = re.compile(
    r"^(ERROR|CRITICAL) (?!poolapp\.events)|^Exception|^Unhandled|Warning:|never retrieved", re.MULTILINE
)
BOUNDARY = "a-boundary-of-the-tests"

MAKE_STAFF = """
from django.contrib.auth.models import Permission, User
user = User.objects.create_user({name!r}, password={password!r}, is_staff=True)
allowed = Permission.objects.filter(content_type__app_label="poolapp", codename__in={permissions!r})
user.user_permissions.set(allowed)
"""


@dataclass(frozen=True)
class Demo:
    """A running demo: where it serves, where it keeps its data, its process."""

    site: str
    directory: Path
    process: subprocess.Popen[str]

    @property
    def dashboard(self) -> str:
        return f"{self.site}/admin/poolapp/dashboard/"

    def upload(self, *files: tuple[str, bytes]) -> list[dict[str, Any]]:
        """Post images as a script does; one result each."""
        request = urllib.request.Request(
            f"{self.site}/thumbnails/",
            data=_multipart(files),
            headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Accept": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def make_staff(self, name: str, *permissions: str) -> None:
        """Make a user who may enter the admin, with some of poolapp's permissions and the password of all."""
        code = MAKE_STAFF.format(name=name, password=PASSWORD, permissions=permissions)
        self.manage("shell", "--command", code)

    def manage(self, *arguments: str) -> None:
        """Run a management command beside the server."""
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=_environment(self.directory),
            check=True,
            capture_output=True,
        )

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Tasks are taken, and none begins."""
        self.manage("poolcontrol", "pause")
        try:
            yield
        finally:
            self.manage("poolcontrol", "resume")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The server neither answers nor ends."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@contextmanager
def running_demo(directory: Path, settings: str = "project.settings", **environment: str) -> Iterator[Demo]:
    """Serve the demo on a free port; SIGTERM ends it, in order and without a complaint."""
    command = [sys.executable, "manage.py", "demo", "--port", "0", "--password", PASSWORD]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=_environment(directory) | {"DJANGO_SETTINGS_MODULE": settings} | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            yield Demo(_site(process), directory, process)
            process.terminate()
            output, _ = process.communicate(timeout=SECONDS_TO_END)
        finally:
            process.kill()
    assert process.returncode == 0, output
    assert not COMPLAINT.search(output), output


def _site(process: subprocess.Popen[str]) -> str:
    """Where it serves, as it says once it does."""
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C" in line:
            return re.search(r"Gallery:\s+(\S+)/", said)[1]
    raise AssertionError(f"the demo ended: {said}")


def _environment(directory: Path) -> dict[str, str]:
    return os.environ | {
        "POOLAPP_DEMO_DIR": str(directory),
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "PYTHONWARNINGS": "default",
    }


def _multipart(files: tuple[tuple[str, bytes], ...]) -> bytes:
    heading = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="images"; filename="%s"\r\n\r\n'
    parts = [(heading % name).encode() + content for name, content in files]
    return b"\r\n".join([*parts, f"--{BOUNDARY}--\r\n".encode()])
