"""What `manage.py check` says about the POOLAPP setting."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks

from poolapp import conf
from poolapp.sharing import server_processes


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
    """poolapp.W002: the dashboard has nothing to be live over, it polls; poolapp.W006: idle sockets fail."""
    if apps.is_installed("channels") and getattr(settings, "CHANNEL_LAYERS", None):
        return _check_redis_timeout(settings.CHANNEL_LAYERS.get("default", {}))
    return [
        checks.Warning(
            "The pool dashboard is not live: there is no channel layer.",
            hint="Add 'channels' to INSTALLED_APPS and set CHANNEL_LAYERS; until then the page asks every few seconds.",
            id="poolapp.W002",
        )
    ]


def _check_redis_timeout(layer: dict[str, Any]) -> list[checks.CheckMessage]:
    if layer.get("BACKEND") != "channels_redis.core.RedisChannelLayer" or not _redis_has_a_timeout():
        return []
    hosts = layer.get("CONFIG", {}).get("hosts") or ["redis://localhost:6379"]
    if all("socket_timeout" in host for host in hosts):  # a key, or a part of the address
        return []
    return [
        checks.Warning(
            "With redis-py 8 or later, channels_redis fails where nothing is said for five seconds.",
            hint='Write each host as {"address": "redis://...", "socket_timeout": None}.',
            id="poolapp.W006",
        )
    ]


def _redis_has_a_timeout() -> bool:
    """Whether redis-py ends a read of five seconds unless told otherwise."""
    try:
        return int(version("redis").split(".")[0]) >= 8
    except PackageNotFoundError:
        return False


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


def check_totals(**kwargs: Any) -> list[checks.CheckMessage]:
    """poolapp.W004: more server processes than workers that they may have together."""
    try:
        conf.get_settings()
    except conf.InvalidSetting:
        return []
    raw = getattr(settings, "POOLAPP", {})
    processes = server_processes(raw.get("SERVER_PROCESSES"))
    totals = {alias: pool["TOTAL_SIZE"] for alias, pool in raw.get("POOLS", {}).items() if "TOTAL_SIZE" in pool}
    return [
        checks.Warning(
            f"Pool {alias!r} has {processes} workers at the least, one in each server process, not {total}.",
            hint="Raise TOTAL_SIZE, or have fewer server processes.",
            id="poolapp.W004",
        )
        for alias, total in totals.items()
        if total < processes
    ]


def check_channel_layer(**kwargs: Any) -> list[checks.CheckMessage]:
    """poolapp.W005, for deployment: a channel layer that ends at the process."""
    layers = getattr(settings, "CHANNEL_LAYERS", None) or {}
    if layers.get("default", {}).get("BACKEND") != "channels.layers.InMemoryChannelLayer":
        return []
    return [
        checks.Warning(
            "The pool dashboard is live for the server process that answers only: the channel layer is in memory.",
            hint="With several server processes use channels_redis; the others show as of their last heartbeat.",
            id="poolapp.W005",
        )
    ]
