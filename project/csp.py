"""The demo's Content-Security-Policy: everything from this site, nothing inline."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@sync_and_async_middleware
def content_security_policy(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Send the policy with every response that has none of its own."""
    if not iscoroutinefunction(get_response):
        return lambda request: _with_policy(get_response(request))

    async def respond(request: HttpRequest) -> HttpResponseBase:
        return _with_policy(await cast("Awaitable[HttpResponseBase]", get_response(request)))

    return respond


def _with_policy(response: HttpResponseBase) -> HttpResponseBase:
    response.headers.setdefault("Content-Security-Policy", POLICY)
    return response
