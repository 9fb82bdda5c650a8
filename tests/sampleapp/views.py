"""Views that use pools in every way they may."""

from __future__ import annotations

import os
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest, JsonResponse

import poolapp
from tests.sampleapp import tasks


def plain(request: HttpRequest) -> JsonResponse:
    total = poolapp.execute(tasks.add, int(request.GET["a"]), int(request.GET["b"])).result(timeout=30)
    return JsonResponse({"sum": total})


async def asynchronous(request: HttpRequest) -> JsonResponse:
    total = await poolapp.aexecute(tasks.add, int(request.GET["a"]), int(request.GET["b"]))
    return JsonResponse({"sum": total})


def in_a_transaction(request: HttpRequest) -> JsonResponse:
    """Write a row and let two tasks count: one at once, one after the commit."""
    counted: dict[str, Any] = {}

    def count_after_commit() -> None:
        counted["after"] = poolapp.execute(tasks.count_groups).result(timeout=30)

    with transaction.atomic():
        Group.objects.create(name="of the view")
        transaction.on_commit(count_after_commit)
        counted["during"] = poolapp.execute(tasks.count_groups).result(timeout=30)
    return JsonResponse(counted)


def worker(request: HttpRequest) -> JsonResponse:
    """Which process answers, and which one works for it."""
    return JsonResponse({"pid": os.getpid(), "worker_pid": poolapp.execute(tasks.process_id).result(timeout=30)})


def hold(request: HttpRequest) -> JsonResponse:
    """Give a task that waits at a gate, and answer at once."""
    future = poolapp.execute(tasks.hold, request.GET["gate"], "done")
    return JsonResponse({"pid": os.getpid(), "task_id": future.task_id})
