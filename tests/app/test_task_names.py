"""The names of recorded tasks."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from poolapp import task_names
from poolapp.models import TaskRecord
from poolapp.task_names import recorded_names

pytestmark = pytest.mark.django_db


def record(*names: str) -> None:
    for name in names:
        TaskRecord.objects.create(
            id=uuid.uuid4(), name=name, pool="default", status="executed", host="here", pid=1, queued_at=timezone.now()
        )


def test_each_name_comes_once_in_order():
    record("shop.pay", "shop.ship", "blog.post", "shop.pay", "blog.post", "zoo")
    assert recorded_names("default") == ["blog.post", "shop.pay", "shop.ship", "zoo"]


def test_there_may_be_none():
    assert recorded_names("default") == []


def test_there_may_be_too_many(monkeypatch):
    record("a", "b", "c")
    monkeypatch.setattr(task_names, "MOST_NAMES", 2)
    assert recorded_names("default") == ["a", "b"]
