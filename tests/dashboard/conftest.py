"""People and pools as the dashboard's tests need them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from poolapp import pools as running_pools
from poolapp.models import PoolInstance

ORIGIN = "http://testserver"


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    """Makes a user with some of this app's permissions; staff unless told otherwise."""

    def make(*permissions: str, name: str = "ann", **values: Any) -> User:
        user = User.objects.create_user(name, password="secret", **{"is_staff": True, **values})
        user.user_permissions.set(
            Permission.objects.filter(content_type__app_label="poolapp", codename__in=permissions)
        )
        return user

    return make


@pytest.fixture
def watcher(make_user: Callable[..., User]) -> User:
    """Staff who may see the dashboard, and nothing else."""
    return make_user("view_dashboard")


@pytest.fixture
def thread_pool(transactional_db: None, settings: Any) -> Iterator[None]:
    """A pool of this process that starts with its first task and ends with the test."""
    settings.POOLAPP = {"POOLS": {"default": {"WORKER": "thread", "MIN_SIZE": 2}}}
    yield
    running_pools.stop()


@pytest.fixture(autouse=True)
def fresh_layer(settings: Any) -> None:
    """A channel layer of the test's own: the queues of another test belong to its loop."""
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


def snapshot(**changes: Any) -> dict[str, Any]:
    """A pool's snapshot, as `Pool.snapshot()` returns it."""
    times = {"aggregate": 3.2, "minimum": 0.1, "maximum": 0.9, "average": 0.4, "median": 0.35, "p95": 0.8, "p99": 0.9}
    return {
        "version": "0.1.0",
        "type": "dynamic",
        "worker": "process",
        "started": True,
        "ready": True,
        "state": "ready",
        "strategy": "least_used",
        "min_size": 1,
        "max_size": 4,
        "started_at": 1_700_000_000.0,
        "uptime": 60.0,
        "worker_nodes": 1,
        "idle_worker_nodes": 0,
        "busy_worker_nodes": 1,
        "dynamic_worker_nodes": 0,
        "submitted_tasks": 10,
        "executed_tasks": 7,
        "executing_tasks": 1,
        "queued_tasks": 0,
        "max_queued_tasks": 3,
        "failed_tasks": 2,
        "cancelled_tasks": 0,
        "restarts": 0,
        "busy_time": 3.21,
        "utilization": 0.31,
        "run_time": times,
        "wait_time": times,
        "events": {"busy": 3, "full": 0},
        "workers": [worker()],
        **changes,
    }


def worker(**changes: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "slot": 0,
        "pid": 4711,
        "state": "busy",
        "dynamic": False,
        "executing": 1,
        "queued": 2,
        "executed": 40,
        "failed": 1,
        "restarts": 0,
        "task": "gallery.tasks.make_thumbnails",
        "running_since": 1_700_000_030.0,
        "started_at": 1_700_000_000.0,
        **changes,
    }


def local_entry(alias: str = "default", **changes: Any) -> dict[str, Any]:
    """What `local_snapshots()` says about a pool of this process."""
    return {
        **snapshot(**changes),
        "alias": alias,
        "host": "here",
        "pid": os.getpid(),
        "alive": True,
        "heartbeat_age": 0.0,
    }


def make_instance(alias: str = "default", *, age: float = 1.0, **values: Any) -> PoolInstance:
    """A pool of another process, last heard of `age` seconds ago."""
    return PoolInstance.objects.create(
        **{
            "alias": alias,
            "host": "elsewhere",
            "pid": 99,
            "started_at": ago(600),
            "heartbeat_at": ago(age),
            "snapshot": snapshot(),
            **values,
        }
    )


def ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)
