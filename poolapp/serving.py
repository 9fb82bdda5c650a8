"""Does this process serve the site, so that its pools should start by themselves?

Asked in AppConfig.ready(), it looks at who has called django.setup(): that tells a server from a command, a test run
or a script more reliably than the command line does.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from typing import NamedTuple

from django.apps import apps

from poolapp.conf import get_settings
from poolapp.engine.workers import role

logger = logging.getLogger("poolapp")

SERVE_COMMANDS = ("runserver", "runserver_plus", "testserver")
APPLICATION_FACTORIES = {
    ("django.core.asgi", "get_asgi_application"),
    ("django.core.wsgi", "get_wsgi_application"),
}

# Why pools were started, by process id: a forked child, which has this too, has not started for its parent's reason.
_reasons: dict[int, str] = {}


class Verdict(NamedTuple):
    """Whether pools start now, and why (or why not yet)."""

    serves: bool
    reason: str


def decide() -> Verdict:
    """The verdict about this process; to be asked while django.setup() runs."""
    if role.in_worker:
        return Verdict(False, "a pool's worker")
    autostart = get_settings().autostart
    if autostart in ("always", "never", "lazy"):
        return Verdict(autostart == "always", f"AUTOSTART is {autostart!r}")
    return _judge(list(_callers()))


def start_when_ready(reason: str) -> None:
    """Start the pools from a thread of our own, once all apps are ready; `reason` says why, to whoever asks later."""
    note_start(reason)
    threading.Thread(target=_start, name="poolapp-start", daemon=True).start()


def note_start(reason: str) -> None:
    """Remember why the pools of this process are started; the first reason counts."""
    _reasons.setdefault(os.getpid(), reason)


def why_started() -> str | None:
    """Why the pools of this process were started by themselves; None where they wait for their first task."""
    return _reasons.get(os.getpid())


def _judge(callers: list[tuple[str, str]]) -> Verdict:
    modules = {module for module, _ in callers}
    if APPLICATION_FACTORIES.intersection(callers):
        if "gunicorn.arbiter" in modules and not any(name.startswith("gunicorn.workers") for name in modules):
            return Verdict(False, "gunicorn's arbiter, before it forks")
        return Verdict(True, "a server has asked for the application")
    if "django.core.management" in modules:
        return _judge_command(sys.argv)
    return Verdict(False, "set up by code that does not serve")


def _judge_command(argv: list[str]) -> Verdict:
    command = argv[1] if len(argv) > 1 else "help"
    if command not in SERVE_COMMANDS:
        return Verdict(False, f"the command {command}")
    if os.environ.get("RUN_MAIN") == "true":
        return Verdict(True, f"{command}, the process that serves")
    if "--noreload" in argv:
        return Verdict(True, f"{command} without reloader")
    return Verdict(False, f"{command}, the process that watches for changes")


def _callers() -> Iterator[tuple[str, str]]:
    """The modules and functions on the stack, the innermost first."""
    frame = sys._getframe(1)
    while frame is not None:
        yield frame.f_globals.get("__name__", ""), frame.f_code.co_name
        frame = frame.f_back  # type: ignore[assignment]


def _start() -> None:
    from poolapp import pools

    apps.ready_event.wait()
    try:
        pools.start()
    except Exception:
        logger.exception("The pools could not be started; the first execute() tries again")
