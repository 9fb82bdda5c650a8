"""The POOLAPP setting as checked, typed values."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.db import router
from django.dispatch import receiver

from poolapp.engine.errors import PoolError
from poolapp.engine.options import PoolOptions
from poolapp.engine.validation import did_you_mean
from poolapp.engine.workers import crew_class
from poolapp.sharing import server_processes, shared_sizes

AUTOSTART = ("serve", "lazy", "always", "never")
RECORDED = ("all", "failures", "none")
POOL_KEYS = {"WORKER": "worker", "MIN_SIZE": "min_size", "MAX_SIZE": "max_size"}
SIZES = ("min_size", "max_size")
# What OPTIONS may not say, because poolapp itself does.
OWN_OPTIONS = {
    "name",
    "worker",
    "min_size",
    "max_size",
    "start_workers",  # AUTOSTART
    "enable_events",  # records, the dashboard and signals live on them
    "initializer",
    "initializer_args",
    "finalizer",
    "around_task",
    "inside_task",  # TRACING
    "describe_arguments",
    "describe_results",
}
OPTIONS = sorted({option.name for option in fields(PoolOptions)} - OWN_OPTIONS)


class InvalidSetting(PoolError, ImproperlyConfigured, ValueError):
    """POOLAPP says something that it must not."""


@dataclass(frozen=True, slots=True)
class Record:
    """Which tasks are written to the database, and what of them."""

    tasks: str = "all"
    arguments: bool = False
    results: bool = False


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many seconds what is recorded is kept, and how much of it at the most (None: however much)."""

    tasks: float = 14 * 86400
    events: float = 7 * 86400
    snapshots: float = 86400
    task_count: int | None = 1_000_000
    event_count: int | None = 100_000


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """All that POOLAPP says."""

    pools: Mapping[str, PoolOptions]
    autostart: str = "serve"
    record: Record = field(default_factory=Record)
    retention: Retention = field(default_factory=Retention)
    snapshot_interval: float = 5.0
    shutdown_timeout: float = 10.0
    """Seconds that tasks get to finish when the server says that it ends."""
    database: str = "default"
    tracing: bool = False
    monitoring_token: str | None = field(default=None, repr=False)


RETAINED = {option.name.upper(): option.name for option in fields(Retention)}
KEYS = (
    "POOLS",
    "AUTOSTART",
    "RECORD",
    "RETENTION",
    "SNAPSHOT_INTERVAL",
    "SHUTDOWN_TIMEOUT",
    "SERVER_PROCESSES",
    "DATABASE",
    "TRACING",
    "MONITORING_TOKEN",
)
SHORTEST_TOKEN = 16
MOST_ROWS = 10**12


@cache
def get_settings() -> PoolSettings:
    """The setting as it is; raises InvalidSetting, an ImproperlyConfigured, for the first thing that is wrong."""
    raw = getattr(settings, "POOLAPP", {})
    if not isinstance(raw, Mapping):
        raise InvalidSetting(f"POOLAPP must be a mapping, not {raw!r}")
    record = _parse_record(raw.get("RECORD", {}))
    pools = raw.get("POOLS", {"default": {}})
    if not isinstance(pools, Mapping) or not pools:
        raise InvalidSetting(f'POOLAPP["POOLS"] must map at least one alias to its options, not {pools!r}')
    autostart = os.environ.get("POOLAPP_AUTOSTART") or raw.get("AUTOSTART", "serve")
    _require_choice("AUTOSTART", autostart, AUTOSTART)
    try:
        processes = server_processes(raw.get("SERVER_PROCESSES"))
    except PoolError as exc:
        raise InvalidSetting(f'POOLAPP["SERVER_PROCESSES"]: {exc}') from exc
    interval = raw.get("SNAPSHOT_INTERVAL", 5.0)
    _require_positive("SNAPSHOT_INTERVAL", interval)
    patience = raw.get("SHUTDOWN_TIMEOUT", 10.0)
    _require_positive("SHUTDOWN_TIMEOUT", patience)
    database = raw.get("DATABASE")
    if database is None:
        database = router.db_for_write(apps.get_model("poolapp", "TaskRecord"))
    _require_choice("DATABASE", database, tuple(settings.DATABASES))
    tracing = _parse_tracing(raw.get("TRACING"))
    return PoolSettings(
        pools={alias: _parse_pool(alias, options, record, processes, tracing) for alias, options in pools.items()},
        autostart=autostart,
        record=record,
        retention=_parse_retention(raw.get("RETENTION", {})),
        snapshot_interval=float(interval),
        shutdown_timeout=float(patience),
        database=database,
        tracing=tracing,
        monitoring_token=_parse_token(raw.get("MONITORING_TOKEN")),
    )


def unknown_keys() -> Iterator[tuple[str, str]]:
    """Keys that mean nothing, each with a hint that names the nearest known one."""
    raw = getattr(settings, "POOLAPP", {})
    if not isinstance(raw, Mapping):
        return
    yield from _unknown("POOLAPP", raw, KEYS)
    yield from _unknown('POOLAPP["RECORD"]', raw.get("RECORD"), ("TASKS", "ARGUMENTS", "RESULTS"))
    yield from _unknown('POOLAPP["RETENTION"]', raw.get("RETENTION"), tuple(RETAINED))
    pools = raw.get("POOLS")
    for alias, pool in pools.items() if isinstance(pools, Mapping) else ():
        yield from _unknown(f'POOLAPP["POOLS"][{alias!r}]', pool, (*POOL_KEYS, "TOTAL_SIZE", "OPTIONS"))


@receiver(setting_changed, dispatch_uid="poolapp.conf")
def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "POOLAPP":
        get_settings.cache_clear()


def _parse_pool(alias: str, raw: Any, record: Record, processes: int, tracing: bool) -> PoolOptions:
    where = f'POOLAPP["POOLS"][{alias!r}]'
    if not isinstance(raw, Mapping):
        raise InvalidSetting(f"{where} must be a mapping, not {raw!r}")
    options = raw.get("OPTIONS", {})
    if not isinstance(options, Mapping):
        raise InvalidSetting(f'{where}["OPTIONS"] must be a mapping, not {options!r}')
    for name in options:
        if name not in OPTIONS:
            raise InvalidSetting(f'{where}["OPTIONS"] has no option {name!r}{did_you_mean(name, OPTIONS)}')
    given = dict(options) | {option: raw[key] for key, option in POOL_KEYS.items() if key in raw}
    if tracing:
        given["inside_task"] = "poolapp.tracing:task_span"
        carried = given.setdefault("context_vars", ())
        if isinstance(carried, (list, tuple)):
            given["context_vars"] = (*carried, "poolapp.tracing:trace_context")
    try:
        crew_class(raw.get("WORKER", "process"))
        if "TOTAL_SIZE" in raw:
            given |= shared_sizes({name: given[name] for name in SIZES if name in given}, raw["TOTAL_SIZE"], processes)
        return PoolOptions(
            name=alias,
            around_task="poolapp.db:fresh_connections",
            finalizer="poolapp.db:close_connections",
            describe_arguments=record.arguments,
            describe_results=record.results,
            **given,
        )
    except PoolError as exc:
        raise InvalidSetting(f"{where}: {exc}") from exc


def _parse_record(raw: Any) -> Record:
    if not isinstance(raw, Mapping):
        raise InvalidSetting(f'POOLAPP["RECORD"] must be a mapping, not {raw!r}')
    _require_choice('RECORD"]["TASKS', raw.get("TASKS", "all"), RECORDED)
    return Record(raw.get("TASKS", "all"), bool(raw.get("ARGUMENTS")), bool(raw.get("RESULTS")))


def _parse_tracing(raw: Any) -> bool:
    # The name alone is shared by packages that bring no API.
    is_installed = all(find_spec(name) for name in ("opentelemetry", "opentelemetry.trace"))
    if raw is None:
        return is_installed
    if not isinstance(raw, bool):
        raise InvalidSetting(f'POOLAPP["TRACING"] must be True, False or None, not {raw!r}')
    if raw and not is_installed:
        raise InvalidSetting('POOLAPP["TRACING"] needs OpenTelemetry: pip install "poolapp[opentelemetry]"')
    return raw


def _parse_token(raw: Any) -> str | None:
    """The token itself is a secret, also in an error."""
    if raw is None:
        return None
    if not isinstance(raw, str) or len(raw) < SHORTEST_TOKEN:
        raise InvalidSetting(f'POOLAPP["MONITORING_TOKEN"] must be text of at least {SHORTEST_TOKEN} characters')
    return raw


def _parse_retention(raw: Any) -> Retention:
    if not isinstance(raw, Mapping):
        raise InvalidSetting(f'POOLAPP["RETENTION"] must be a mapping of names to numbers, not {raw!r}')
    given = {name: raw[key] for key, name in RETAINED.items() if key in raw}
    for name, value in given.items():
        key = f'RETENTION"]["{name.upper()}'
        if name.endswith("_count"):
            _require_count(key, value)
        else:
            _require_positive(key, value)
    return Retention(**given)


def _require_choice(key: str, value: Any, choices: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in choices:
        raise InvalidSetting(f'POOLAPP["{key}"] must be one of {", ".join(choices)}, not {value!r}')


def _require_positive(key: str, value: Any) -> None:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not value > 0:
        raise InvalidSetting(f'POOLAPP["{key}"] must be a number of seconds above 0, not {value!r}')


def _require_count(key: str, value: Any) -> None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_ROWS):
        raise InvalidSetting(f'POOLAPP["{key}"] must be a whole number from 1 to {MOST_ROWS}, or None, not {value!r}')


def _unknown(where: str, raw: Any, known: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for key in raw if isinstance(raw, Mapping) else ():
        if key not in known:
            meant = did_you_mean(key, known)
            yield f"{where} has no key {key!r}", f"It has {', '.join(known)}{meant or '.'}"
