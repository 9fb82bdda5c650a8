"""What people do not type: characters and numbers that databases refuse to be asked about."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import HttpRequest

MOST_DIGITS = 18
"""With so many a number fits into any column."""


def has_nul(request: HttpRequest) -> bool:
    """Whether a parameter has a NUL character in it, which no text in PostgreSQL has."""
    given = (request.GET, request.POST)
    return any("\0" in value for form in given for _, values in form.lists() for value in values)


def refuse_nul(request: HttpRequest) -> None:
    """Answer 400 to it."""
    if has_nul(request):
        raise BadRequest("no parameter has a NUL character in it")


def require_ids(texts: Iterable[str]) -> None:
    """Answer 400 where one is not the id of a task."""
    try:
        for text in texts:
            UUID(text)
    except ValueError:
        raise BadRequest("what is chosen is the ids of tasks") from None


def is_number(text: str) -> bool:
    """Whether it is a number as ids, sizes and slots are."""
    return text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
