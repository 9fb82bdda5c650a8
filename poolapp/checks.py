"""What `manage.py check` says about the POOLAPP setting."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks

from poolapp import conf


def check_settings(**kwargs: Any) -> list[checks.CheckMessage]:
    """poolapp.E001: a value that is wrong; poolapp.W001: a key that means nothing."""
    found: list[checks.CheckMessage] = [
        checks.Warning(f"{message}.", hint=hint, id="poolapp.W001") for message, hint in conf.unknown_keys()
    ]
    try:
        conf.get_settings()
    except conf.InvalidSetting as exc:
        found.append(checks.Error(f"{exc}.", hint="No pool starts until this is mended.", id="poolapp.E001"))
    return found


def check_channels(**kwargs: Any) -> list[checks.CheckMessage]:
    """poolapp.W002: the dashboard has nothing to be live over; it polls."""
    if apps.is_installed("channels") and getattr(settings, "CHANNEL_LAYERS", None):
        return []
    return [
        checks.Warning(
            "The pool dashboard is not live: there is no channel layer.",
            hint="Add 'channels' to INSTALLED_APPS and set CHANNEL_LAYERS; until then the page asks every few seconds.",
            id="poolapp.W002",
        )
    ]


def check_sqlite(**kwargs: Any) -> list[checks.CheckMessage]:
    """poolapp.W003: SQLite as it comes fails when two write at once."""
    try:
        alias = conf.get_settings().database
    except conf.InvalidSetting:
        return []  # poolapp.E001 comes first
    options: dict[str, Any] = settings.DATABASES[alias]
    if not str(options.get("ENGINE", "")).endswith("sqlite3"):
        return []
    if options.get("OPTIONS", {}).get("transaction_mode") in ("IMMEDIATE", "EXCLUSIVE"):
        return []
    return [
        checks.Warning(
            "SQLite without immediate transactions answers concurrent writes with 'database is locked'.",
            hint='Set OPTIONS to {"transaction_mode": "IMMEDIATE", "timeout": 20,'
            ' "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"}.',
            id="poolapp.W003",
        )
    ]
