"""What a server process says about itself beside its pools: why they started, what it is, how it gets through."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.utils import timezone

from poolapp.engine.workers.memory import resident_set
from poolapp.serving import SERVE_COMMANDS, why_started

SERVERS = ("daphne", "uvicorn", "gunicorn", "hypercorn", "granian", "waitress")
COMMANDS = ("manage.py", "django-admin", "__main__.py")
# Modules that only a server's own process has; daphne's are wherever it is an installed app.
RUNNING_SERVERS = {
    "gunicorn.workers.base": "gunicorn",
    "uvicorn.server": "uvicorn",
    "hypercorn.run": "hypercorn",
    "granian.server": "granian",
    "waitress.server": "waitress",
    "mod_wsgi": "mod_wsgi",
    "uwsgi": "uwsgi",
}


def self_report() -> dict[str, Any]:
    """What this process says in its heartbeats, JSON-ready; `reason` is None where a task came first."""
    return {**_facts(os.getpid()), "memory": resident_set(os.getpid()), **_frames()}


@cache
def _facts(pid: int) -> dict[str, Any]:
    """What does not change while the process lives; by its id, since a forked child is another one."""
    return {
        "since": timezone.now().timestamp(),
        "reason": why_started(),
        "server": server_name(sys.argv),
        "python": platform.python_version(),
        "django": django.get_version(),
    }


def server_name(argv: Sequence[str]) -> str:
    """What serves the site here, as far as the command line or the loaded modules tell; else the program."""
    program = Path(argv[0]) if argv else Path()
    for name in (program.name, program.parent.name):  # …/bin/daphne, or …/daphne/__main__.py
        if name in SERVERS:
            return _with_version(name)
    if len(argv) > 1 and argv[1] in SERVE_COMMANDS:
        return argv[1]
    for module, name in RUNNING_SERVERS.items():
        if module in sys.modules:
            return _with_version(name)
    return " ".join([program.name, *argv[1:2]]) if program.name in COMMANDS else program.name.removeprefix("-c")


def _with_version(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return name


def _frames() -> dict[str, int]:
    """How the frames to browsers get through, where there are any."""
    if not apps.is_installed("channels"):
        return {}
    from poolapp.observers.broadcaster import broadcaster

    return {"failed_frames": broadcaster.failures, "dropped_frame_events": broadcaster.dropped}
