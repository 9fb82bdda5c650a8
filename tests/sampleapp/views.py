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


@transaction.atomic
def in_a_transaction(request: HttpRequest) -> JsonResponse:
    """Write a row and let two tasks count: one at once, one after the commit."""
    answer: dict[str, Any] = {}

    def count_after_commit() -> None:
        answer["after"] = poolapp.execute(tasks.count_groups).result(timeout=30)

    Group.objects.create(name="of the view")
    transaction.on_commit(count_after_commit)
    answer["during"] = poolapp.execute(tasks.count_groups).result(timeout=30)
    return _Late(answer)


def worker(request: HttpRequest) -> JsonResponse:
    """Which process answers, and which one works for it."""
    return JsonResponse({"pid": os.getpid(), "worker_pid": poolapp.execute(tasks.process_id).result(timeout=30)})


class _Late(JsonResponse):
    """A response that is read once the transaction is over."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__({})
        self._answer = answer

    def json(self) -> dict[str, Any]:
        return self._answer
